import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { localJob } from "../kit/shelf.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const BIN = join(ROOT, "bin/runbook.js");

/** Text that makes any Node take itself for an old one, before \`bin/runbook.js\` looks. */
const OLD = 'Object.defineProperty(process.versions, "node", { value: "20.1.0" });\n';

test("an old Node starts the one that npm installed: output, exit code and signals are as if it were new", async () => {
  const step = `  - id: step
    detect:
      run: touch "$dir/began"; n=0; until [ -e "$dir/go" ] || [ $n -gt 200 ]; do sleep 0.1; n=$((n + 1)); done; echo bad
    fix: { risk: low, run: "true" }
`;
  await using shop = await localJob(step);
  await shop.write("old.cjs", OLD);
  const old = ["-r", join(shop.directory, "old.cjs"), BIN];
  const env = { PATH: process.env["PATH"], HOME: shop.directory };
  const version = spawnSync(process.execPath, [...old, "--version"], { encoding: "utf8", env });
  expect({ exit: version.status, out: version.stdout, err: version.stderr }).toEqual({
    exit: 0,
    out: "0.1.0\n",
    err: "",
  });
  const usage = spawnSync(process.execPath, [...old, "rn"], { encoding: "utf8", env });
  expect({ exit: usage.status, err: usage.stderr }).toEqual({ exit: 64, err: expect.stringContaining("run") });

  const child = spawn(process.execPath, [...old, "run", "job", "-i", "hosts.yml", "-y"], { cwd: shop.directory, env });
  const out = text(child.stdout);
  const began = (): Promise<boolean> =>
    readFile(join(shop.directory, "a/began")).then(
      () => true,
      () => false,
    );
  while (!(await began())) await new Promise((wake) => setTimeout(wake, 20));
  child.kill("SIGINT");
  await once(child.stderr, "data");
  await shop.write("a/go", "");
  const [exit] = (await once(child, "close")) as [number];
  expect(exit).toBe(130);
  expect(await out).toContain("stopped by Ctrl-C");
});

test("without one it says what is needed and how to get it", async () => {
  const copy = await mkdtemp(join(tmpdir(), "runbook-bare-"));
  try {
    for (const part of ["bin", "dist", "package.json"])
      await cp(join(ROOT, part), join(copy, part), { recursive: true });
    await writeFile(join(copy, "old.cjs"), OLD);
    const old = spawnSync(process.execPath, ["-r", "./old.cjs", "bin/runbook.js", "--version"], {
      cwd: copy,
      encoding: "utf8",
    });
    expect({ exit: old.status, out: old.stdout, err: old.stderr }).toEqual({
      exit: 64,
      out: "",
      err: expect.stringMatching(/^runbook needs Node 24\.15 or newer; this is 20\.1\.0\.\n.*npm ci/),
    });
    await rm(join(copy, "dist"), { recursive: true });
    const unbuilt = spawnSync(process.execPath, ["bin/runbook.js", "--version"], { cwd: copy, encoding: "utf8" });
    expect({ exit: unbuilt.status, out: unbuilt.stdout, err: unbuilt.stderr }).toEqual({
      exit: 64,
      out: "",
      err: "runbook is not built here: `npm ci` installs what it needs and builds it.\n",
    });
  } finally {
    await rm(copy, { recursive: true });
  }
});
