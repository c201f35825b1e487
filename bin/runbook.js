#!/usr/bin/env -S node --max-semi-space-size=8 --heap-growing-percent=20 --initial-heap-size=64
// Plain JavaScript that an old Node can read: it finds a Node that is new enough, and starts the command with it.
// Heap and semi-space grow slowly because a run makes much short-lived garbage: at 200 hosts it costs a quarter less memory, and no time.
// But not from the start: collecting what a run has just loaded frees nothing, and costs 15 ms.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major < 24 || (major === 24 && minor < 15)) {
  await import("./start-with.js");
} else if (process.getBuiltinModule("fs").existsSync(new URL("../dist/main.js", import.meta.url))) {
  // Half of these threads may ask for names: names that nobody answers for hold up no others. Set before the first of them is needed.
  process.env["UV_THREADPOOL_SIZE"] ??= "64";
  // Most runs end before code that is optimized this early has paid for it: at 10 and at 50 hosts it costs a tenth of the CPU. Set from
  // here, since as a flag in the first line it would keep a Node that does not know it from starting.
  process.getBuiltinModule("v8").setFlagsFromString("--invocation-count-for-maglev=2000");
  // After the flags: compiled code is kept for each set of them.
  process.getBuiltinModule("module").enableCompileCache();
  await import("../dist/main.js");
} else {
  process.stderr.write("runbook is not built here: `npm ci` installs what it needs and builds it.\n");
  process.exit(64);
}
