import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readOrigin } from "../../../src/load/origin.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "runbook-origin-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** The value, or why there is none. */
async function value(origin: Parameters<typeof readOrigin>[0]): Promise<string> {
  const read = await readOrigin(origin, { env: { TOKEN: "from-env\n", EMPTY: "" }, directory });
  return "problem" in read ? read.problem : read.secret.reveal();
}

const sh = (script: string): Promise<string> => value({ command: ["sh", "-c", script] });

test("a value comes from a variable, a file or a program, without the line break at its end", async () => {
  await writeFile(join(directory, "key"), "from-file\r\n");
  expect(await value({ env: "TOKEN" })).toBe("from-env");
  expect(await value({ file: "key" })).toBe("from-file");
  expect(await sh("echo; echo two; echo")).toBe("\ntwo\n");
});

test("what is no whole text is no value: nothing is made of it that the receiver would refuse", async () => {
  expect(await sh(String.raw`printf '\377token'`)).toBe("sh: it prints what is not text in UTF-8");
  expect(await sh(String.raw`printf 'a\0b'`)).toBe("sh: it prints NUL bytes");
  expect(await sh(":")).toBe("it is empty");
  expect(await value({ env: "EMPTY" })).toBe("it is empty");
});
