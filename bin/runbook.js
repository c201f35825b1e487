#!/usr/bin/env -S node --max-semi-space-size=8 --heap-growing-percent=50 --initial-heap-size=48
// Plain CommonJS, which starts fastest and which an old Node can read: it finds a Node that is new enough, and starts the command with it.
// Heap and semi-space grow slowly because a run makes much short-lived garbage: at 200 hosts it costs a quarter less memory, and no time.
// But not from the start: collecting what a run has just loaded frees nothing, and costs 15 ms. The same flags are in `heap.js`.
if (require("./node.js") !== process.execPath) {
  require("./start-with.js");
} else if (require("node:fs").existsSync(`${__dirname}/../dist/main.cjs`)) {
  require("./load.js").load();
} else {
  process.stderr.write("runbook is not built here: `npm ci` installs what it needs and builds it.\n");
  process.exit(64);
}
