#!/usr/bin/env -S node --min-semi-space-size=8 --max-semi-space-size=8
// Plain JavaScript that an old Node can read: it finds a Node that is new enough, and starts the command with it.
// 8 MB for what is new, from the start: less would be collected again and again while a run is loaded, more costs memory and saves no time.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

// A part of Node comes compiled, unless a flag of V8 has been set before it is loaded: then all of it is compiled anew. So these are
// loaded first, and no other flag is in the first line.
const NODES_OWN = (
  "assert child_process crypto dns fs/promises net node:sqlite os perf_hooks " +
  "readline/promises stream/consumers stream/promises timers/promises zlib"
).split(" ");
const FLAGS = [
  // Most runs end before code that is optimized early has paid for it: at 10 and at 50 hosts it costs a tenth of the CPU.
  "--invocation-count-for-maglev=2000",
  // A run makes much short-lived garbage: at 200 hosts this costs a quarter less memory, and no time.
  "--heap-growing-percent=20",
];

/** For a command that works: `--help` and the like are faster without. */
function prepareToWork() {
  for (const part of NODES_OWN) process.getBuiltinModule(part);
  const { setFlagsFromString } = process.getBuiltinModule("v8");
  for (const flag of FLAGS) setFlagsFromString(flag);
}

if (major < 24 || (major === 24 && minor < 15)) {
  await import("./start-with.js");
} else if (process.getBuiltinModule("fs").existsSync(new URL("../dist/main.js", import.meta.url))) {
  if (/^\w/.test(process.argv[2] ?? "")) prepareToWork();
  // After the flags, since compiled code is kept for each set of them.
  process.getBuiltinModule("module").enableCompileCache();
  await import("../dist/main.js");
} else {
  process.stderr.write("runbook is not built here: `npm ci` installs what it needs and builds it.\n");
  process.exit(64);
}
