import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import type { Errand } from "../../../src/daemon/ports.ts";
import { processStarter, type Program } from "../../../src/daemon/spawn.ts";

const FIRE: Errand = { kind: "fire", schedule: "a", nominal: 0, act: "run", why: ["late"], run: "one", begun: 1 };

/** A stand-in of our program, which tells on its standard error what it was given. */
const TELLS = `
  const { createHash } = require("node:crypto");
  const text = require("node:fs").readFileSync(0);
  // The fifth field; the second may hold blanks.
  const [, , group] = require("node:fs").readFileSync("/proc/self/stat", "latin1").split(") ").at(-1).split(" ");
  const argv = process.argv.slice(1);
  const digest = argv[argv.indexOf("--digest") + 1];
  console.error(JSON.stringify({ argv, whole: createHash("sha256").update(text).digest("hex") === digest, size: text.length, head: Number(group) === process.pid }));
`;

const program = (script: string, more: Partial<Program> = {}): Program => ({
  file: process.execPath,
  argv: ["-e", script, "--"],
  cwd: "/",
  env: {},
  state: "/state",
  schedules: "/etc/schedules.yml",
  text: () => null,
  ...more,
});

test("a fire has a process group of its own, and gets what is in force of the schedules whole, however much that is", async () => {
  const text = "# é\n".repeat(200_000);
  const heard: string[] = [];
  const { ended } = processStarter(program(TELLS, { text: () => text })).start(FIRE, (line) => void heard.push(line));
  expect(await ended).toEqual({ code: 0, signal: null });
  await expect.poll(() => heard).toHaveLength(1);
  expect(JSON.parse(heard[0] ?? "")).toMatchObject({ whole: true, size: Buffer.byteLength(text), head: true });
});

test("a process that cannot be started is one that has ended, with the reason, whatever keeps it from starting", async () => {
  for (const more of [
    { env: { LARGE: "x".repeat(3_000_000) } },
    { file: "/no/such/program" },
    { cwd: "/no/such/place" },
  ]) {
    const heard: string[] = [];
    const { pid, ended } = processStarter(program("", more)).start(FIRE, (line) => void heard.push(line));
    expect([pid, await ended, heard]).toEqual([
      null,
      { code: null, signal: null },
      [expect.stringMatching(/E2BIG|ENOENT/)],
    ]);
  }
});

test("what it has started does not keep it from its end", async () => {
  const code = `
    const { processStarter } = await import(${JSON.stringify(resolve("src/daemon/spawn.ts"))});
    const slow = { file: process.execPath, argv: ["-e", "setTimeout(() => {}, 60_000)", "--"], cwd: "/", env: {}, state: "", schedules: "" };
    console.log(processStarter({ ...slow, text: () => null }).start({ kind: "resume", run: "one" }, () => undefined).pid);
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", code]);
  const pid = Number(stdout);
  expect(process.kill(pid, 0)).toBe(true);
  process.kill(pid, "SIGKILL");
});
