import { indented, note, type Scene } from "./scene.ts";

/** s for which another run has the lock of a host that begins with one, from its boot on. */
const LOCKED = 6;

/** s that a host waits for a login before it undoes a fix. */
export const UNLESS = 5;

/** A fix that may lock us out, behind a timer of its host: where \`cut.conf\` is, it does; where \`crash.conf\` is, the host is booted in the middle of it. */
const ARM = {
  fix: `cp -- "$disk"/*.conf "$keep/"
sleep 0.6
if [ -e "$disk/crash.conf" ]; then rm -- "$disk/crash.conf"; kill -TERM 1; sleep 60; fi
[ ! -e "$disk/cut.conf" ] || mv -- "$disk/../authorized" "$disk/../away"
rm -- "$disk"/*.conf
${note("end", "arm", "-", "0")}`,
  undo: `for f in "$keep"/*.conf; do
  [ -e "$f" ] || { ${note("lost", "arm", "-")}; }
  cp -- "$f" "$disk/"
done
[ ! -e "$disk/../away" ] || mv -- "$disk/../away" "$disk/../authorized"
${note("undone", "arm", "-")}`,
};

const RUNBOOK = `name: proof
title: Settings that may lock us out, and hosts that have to be booted
hosts: all
inputs: { disk: { type: string }, want: { type: string } }
facts: { running: uname -r }
rollout: { batches: ["100%"], max_failures: 99, max_unknown: "100%" }
steps:
  - id: arm
    independent: true
    detect: { run: 'cd "$disk"; find . -name "*.conf" -type f | sort', findings: { file: string } }
    fix:
      risk: low
      per: host
      timeout: 20s
      guard: ${note("guard", "arm", "-")}
      run: |
        ${note("begin", "arm", "-")}
        ${indented(ARM.fix)}
    rollback:
      timeout: 20s
      unless_reconnect: ${UNLESS}s
      run: |
        ${note("undo", "arm", "-")}
        ${indented(ARM.undo)}
    verify: { run: '${note("verify", "arm", "-")}', within: 15s, every: 200ms }
  - id: boot
    independent: true
    detect:
      run: |
        boot=/proc/sys/kernel/random/boot_id
        if [ -e "$disk/stale" ] && [ "$(cat "$disk/stale")" = "$(cat $boot)" ]; then echo stale; fi
      findings: { file: string }
    fix:
      risk: low
      timeout: 20s
      guard: ${note("guard", "boot", "-")}
      reboot: { kernel: want }
    verify: { run: '${note("verify", "boot", "-")}', within: 15s, every: 200ms }
`;

/** Opens the way in again, as a boot does where a setting is not kept. Notes that the machine is up, and in which boot; then puts the lock of another run there, if the disk says so, which is stale later. */
const ON_BOOT = `disk=$dir/disk
[ ! -e "$dir/away" ] || mv -- "$dir/away" "$dir/authorized"
if [ -d "$disk" ]; then
  ${note("up", "boot", "-", '$(cat "$dir/boot")')}
  if [ -e "$disk/locked" ]; then
    rm -- "$disk/locked"
    read -r boot <"$dir/boot"
    until=$((\${up%%.*} + ${LOCKED}))
    mkdir "/dev/shm/runbook-lock,250101000000-zzzzzz,1,bob@bastion,1735689600,\${boot%%-*},$until"
    ${note("locked", "arm", "-", "$until")}
  fi
fi`;

/** Fixes behind a timer, reboots, and a lock: all that only some runs have. */
export const BOOTS: Scene = {
  name: "boots",
  faults: {
    app1: ["locked", "plain.conf", "stale"],
    app2: ["cut.conf", "stale"],
    app3: ["crash.conf"],
  },
  vars: {
    app1: { want: "6.1.0-9-practice" },
    app2: { want: "6.1.0-13-practice" },
    app3: { want: "6.1.0-9-practice" },
  },
  ends: {
    "app1 arm": "fixed",
    "app1 boot": "fixed",
    "app2 arm": "rolled-back",
    "app2 boot": "failed",
    "app3 arm": "fixed",
  },
  crashes: ["app3 arm"],
  runbook: RUNBOOK,
  moments: { midfix: "begin arm ", armed: "end arm " },
  hooks: { onBoot: ON_BOOT, onOrder: `disk=$dir/disk; ${note("begin", "boot", "-")}` },
};
