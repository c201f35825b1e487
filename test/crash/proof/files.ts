import { indented, note, type Scene } from "./scene.ts";

function step(id: string, parts: { detect: string; fix: string; undo: string; per?: string; within?: string }): string {
  const perHost = parts.per !== "finding";
  const key = perHost ? "-" : "$file";
  return `  - id: ${id}
    independent: true
    detect:
      run: |
        cd "$disk"
        ${parts.detect}
      findings: { file: string }
    fix:
      risk: ${id === "ask" ? "high" : "low"}
      per: ${perHost ? "host" : "finding"}
      timeout: 20s
      guard: ${note("guard", id, key)}
      run: |
        ${note("begin", id, key)}
        ${indented(parts.fix)}
        ${note("end", id, key, "0")}
    rollback:
      timeout: 20s
      run: |
        ${note("undo", id, "-")}
        ${indented(parts.undo)}
        ${note("undone", id, "-")}
    verify: { run: '${note("verify", id, "-")}', within: ${parts.within ?? "15s"}, every: 200ms }
`;
}

const RUNBOOK = `name: proof
title: Files that should not be there
hosts: all
inputs: { disk: { type: string } }
rollout: { batches: [1, "100%"], max_failures: 99, max_unknown: "100%" }
steps:
${step("sweep", {
  per: "finding",
  detect: "find . -name '*.bad' -type f | sort",
  fix: 'cp -- "$disk/$file" "$keep/"\nrm -- "$disk/$file"',
  undo: 'for f in "$keep"/*.bad; do [ ! -e "$f" ] || cp -- "$f" "$disk/"; done',
})}${step("slow", {
  detect: "[ ! -e slow ] || echo slow",
  fix: `i=0
while [ $i -lt 40 ]; do
  i=$((i + 1))
  printf '%0200d\\n' $i
  sleep 0.02
done
rm -- "$disk/slow"`,
  undo: ': >"$disk/slow"',
})}${step("futile", {
  detect: "[ ! -e futile ] || echo futile",
  within: "600ms",
  fix: 'cp -- "$disk/futile" "$keep/"\n: >"$disk/half"',
  undo: `[ -e "$keep/futile" ] || { ${note("lost", "futile", "-")}; }
rm -f -- "$disk/half"`,
})}${step("stubborn", {
  detect: "[ ! -e stubborn ] || echo stubborn",
  fix: `cp -- "$disk/stubborn" "$keep/"
rm -- "$disk/stubborn"
${note("end", "stubborn", "-", "3")}
exit 3`,
  undo: `[ -e "$keep/stubborn" ] || { ${note("lost", "stubborn", "-")}; }
: >"$disk/stubborn"`,
})}${step("ask", {
  per: "finding",
  detect: "find . -name '*.ask' -type f | sort",
  fix: 'rm -- "$disk/$file"',
  undo: ":",
})}`;

/** Fixes that work, fail, take their time, do not help, or want a person: each a job of its host. */
export const FILES: Scene = {
  name: "files",
  faults: {
    web1: ["1.bad", "2.bad", "slow", "futile"],
    web2: ["1.bad", "2.bad", "slow", "stubborn"],
    web3: ["1.bad", "slow", "x.ask"],
  },
  vars: {},
  ends: {
    "web1 sweep": "fixed",
    "web1 slow": "fixed",
    "web1 futile": "rolled-back",
    "web2 sweep": "fixed",
    "web2 slow": "fixed",
    "web2 stubborn": "rolled-back",
    "web3 sweep": "fixed",
    "web3 slow": "fixed",
    "web3 ask": "fixed",
  },
  crashes: [],
  runbook: RUNBOOK,
  moments: { midfix: "begin slow " },
  hooks: {},
};
