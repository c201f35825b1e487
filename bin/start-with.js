// Starts this very command with the Node that npm installed beside it, and ends as it ends. Also plain JavaScript for an old Node.
const { spawn } = require("node:child_process");
const { constants } = require("node:os");
const heap = require("./heap.js");
const node = require("./node.js");

if (node !== null) {
  const child = spawn(node, [...heap, ...process.argv.slice(1)], { stdio: "inherit" });
  // A terminal sends Ctrl-C to the child as well: it takes two of them in one moment for one.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    process.stderr.write(`runbook: its Node (${node}) does not start: ${error.message}\n`);
    process.exit(70);
  });
  child.on("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal ?? "SIGTERM"] ?? 15)));
} else {
  process.stderr.write(
    `runbook needs Node 24.15 or newer; this is ${process.versions.node}.\n` +
      "Install it (https://nodejs.org), or run `npm ci` here, which brings one for Linux on x64.\n",
  );
  process.exit(64);
}
