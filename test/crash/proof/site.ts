import { mkdirSync, readFileSync, rmSync, writeFileSync, existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startMachine, type Machine } from "../../kit/machine.ts";
import { startRelay, type Relay } from "../../kit/relay.ts";

/** What is wrong on each host, as files of its disk. */
export const FAULTS: Readonly<Record<string, readonly string[]>> = {
  web1: ["1.bad", "2.bad", "slow", "futile"],
  web2: ["1.bad", "2.bad", "slow", "stubborn"],
  web3: ["1.bad", "slow", "x.ask"],
};

/** How each step that has something to do ends where nothing disturbs it; all others are clear. */
export const ENDS: Readonly<Record<string, string>> = {
  "web1 sweep": "fixed",
  "web1 slow": "fixed",
  "web1 futile": "rolled-back",
  "web2 sweep": "fixed",
  "web2 slow": "fixed",
  "web2 stubborn": "rolled-back",
  "web3 sweep": "fixed",
  "web3 slow": "fixed",
  "web3 ask": "fixed",
};

/** Notes a moment of a script on the host itself: what it is, of which step and which finding. One line, appended. */
const note = (what: string, step: string, key: string, more = ""): string =>
  `echo "${what} ${step} ${key}${more}" >>"$disk/trace"`;

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
        ${note("end", id, key, " 0")}
    rollback:
      timeout: 20s
      run: |
        ${note("undo", id, "-")}
        ${indented(parts.undo)}
        ${note("undone", id, "-")}
    verify: { run: '${note("verify", id, "-")}', within: ${parts.within ?? "15s"}, every: 200ms }
`;
}

function indented(text: string): string {
  return text.replaceAll("\n", "\n        ");
}

/** The fixes note themselves on their hosts, and save what they remove in \`$keep\`. */
export const RUNBOOK = `name: proof
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
  undo: `[ -e "$keep/futile" ] || ${note("lost", "futile", "-")}
rm -f -- "$disk/half"`,
})}${step("stubborn", {
  detect: "[ ! -e stubborn ] || echo stubborn",
  fix: `cp -- "$disk/stubborn" "$keep/"
rm -- "$disk/stubborn"
${note("end", "stubborn", "-", " 3")}
exit 3`,
  undo: `[ -e "$keep/stubborn" ] || ${note("lost", "stubborn", "-")}
: >"$disk/stubborn"`,
})}${step("ask", {
  per: "finding",
  detect: "find . -name '*.ask' -type f | sort",
  fix: 'rm -- "$disk/$file"',
  undo: ":",
})}`;

/** Machines with their faults behind relays, and a directory of the controller. One is used for one case after the other. */
export type Site = AsyncDisposable & {
  readonly directory: string;
  readonly machines: ReadonlyMap<string, Machine>;
  readonly relays: ReadonlyMap<string, Relay>;
  /** As it was: every machine is up, its faults are back, its notes and the controller's record are gone. */
  renew(): Promise<void>;
  /** What a machine noted, line by line. */
  notes(host: string): readonly string[];
  /** Whether a file is on a machine's disk. */
  has(host: string, file: string): boolean;
};

/** Builds the site. */
export async function buildSite(): Promise<Site> {
  const directory = await mkdtemp(join(tmpdir(), "rb-proof-"));
  const machines = new Map<string, Machine>();
  const relays = new Map<string, Relay>();
  for (const name of Object.keys(FAULTS)) {
    const machine = await startMachine();
    machines.set(name, machine);
    relays.set(name, await startRelay(machine.port));
  }
  const hosts = Object.fromEntries(
    [...machines].map(([name, machine]) => {
      const port = relays.get(name)?.port ?? 0;
      writeFileSync(
        join(machine.dir, "known"),
        `[127.0.0.1]:${port} ${readFileSync(join(machine.dir, "host.pub"), "utf8")}`,
      );
      return [name, { ...machine.vars, ansible_port: port, disk: diskOf(machine) }];
    }),
  );
  writeFileSync(join(directory, "proof.yml"), RUNBOOK);
  writeFileSync(join(directory, "hosts.yml"), JSON.stringify({ all: { hosts } }));
  return {
    directory,
    machines,
    relays,
    renew: async () => {
      rmSync(join(directory, "state"), { recursive: true, force: true });
      for (const [name, machine] of machines) {
        relays.get(name)?.mend();
        // A machine that starts anew has nothing left of the case before.
        await machine.powerOff();
        rmSync(diskOf(machine), { recursive: true, force: true });
        mkdirSync(diskOf(machine));
        for (const file of FAULTS[name] ?? []) writeFileSync(join(diskOf(machine), file), "");
        await machine.powerOn();
      }
    },
    notes: (host) =>
      textOf(join(diskOf(machines.get(host)), "trace"))
        .split("\n")
        .filter((line) => line !== ""),
    has: (host, file) => existsSync(join(diskOf(machines.get(host)), file)),
    [Symbol.asyncDispose]: async () => {
      for (const relay of relays.values()) await relay[Symbol.asyncDispose]();
      for (const machine of machines.values()) await machine[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Where a machine's faults and notes are. */
function diskOf(machine: Machine | undefined): string {
  if (machine === undefined) throw new Error("no such host");
  return join(machine.dir, "disk");
}

function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}
