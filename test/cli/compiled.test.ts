import { spawnSync } from "node:child_process";
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { localJob } from "../kit/shelf.ts";

const ROOT = resolve(import.meta.dirname, "../..");

/** Loaded before the command: at its end it prints the files whose compiled code V8 turned down (true), or that have none (undefined). */
const WATCH = `const vm = require("node:vm");
const seen = [];
vm.Script = class extends vm.Script {
  constructor(code, options) {
    super(code, options);
    seen.push([require("node:path").basename(options.filename).replace(/-.*/, ""), this.cachedDataRejected]);
  }
};
process.on("exit", () => process.stderr.write(JSON.stringify(seen)));
`;

const STEP = `  - id: step
    detect: { run: echo bad }
    fix: { risk: low, run: "true" }
`;

test("what the build has compiled is used by a run, however its Node is started", async () => {
  await using shop = await localJob(STEP);
  await shop.write("watch.cjs", WATCH);
  const [line = ""] = (await readFile(join(ROOT, "bin/runbook.js"), "utf8")).split("\n");
  const flags = line.split(" ").filter((word) => word.startsWith("--"));
  expect(flags).toEqual(createRequire(import.meta.url)("../../bin/heap.js"));
  for (const started of [[], flags]) {
    const argv = [...started, "-r", "./watch.cjs", join(ROOT, "bin/runbook.js"), "run", "job", "-i", "hosts.yml", "-n"];
    const ran = spawnSync(process.execPath, argv, { cwd: shop.directory, encoding: "utf8", env: home(shop.directory) });
    const seen = JSON.parse(ran.stderr) as [file: string, turnedDown: boolean | undefined][];
    expect({ exit: ran.status, files: seen.length > 20 }).toEqual({ exit: 2, files: true });
    expect(seen.filter(([, turnedDown]) => turnedDown !== false)).toEqual([]);
  }
});

test("without it, and where it is spoiled, a run is the same", async () => {
  await using shop = await localJob(STEP);
  const copy = await mkdtemp(join(tmpdir(), "runbook compiled "));
  try {
    for (const part of ["bin", "dist", "package.json", "runbooks"]) {
      await cp(join(ROOT, part), join(copy, part), { recursive: true });
    }
    const run = (): unknown => {
      const argv = [join(copy, "bin/runbook.js"), "run", "job", "-i", "hosts.yml", "-n", "--json"];
      const ran = spawnSync(process.execPath, argv, {
        cwd: shop.directory,
        encoding: "utf8",
        env: home(shop.directory),
      });
      const events = ran.stdout.trim().split("\n");
      const types = events.map((line) => (JSON.parse(line) as { readonly type: string }).type);
      return { exit: ran.status, types };
    };
    const whole = run();
    expect(whole).toMatchObject({ exit: 2, types: expect.arrayContaining(["detected"]) });
    const compiled = join(copy, "dist/compiled");
    spawnSync("sh", ["-c", 'for file in "$1"/*.bin; do echo spoiled >"$file"; done', "sh", compiled]);
    expect(run()).toEqual(whole);
    await rm(compiled, { recursive: true });
    expect(run()).toEqual(whole);
  } finally {
    await rm(copy, { recursive: true });
  }
});

function home(directory: string): NodeJS.ProcessEnv {
  return { PATH: process.env["PATH"], HOME: directory, NO_COLOR: "1" };
}
