import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { writePrivate } from "../../../src/cli/exchange.ts";

test("a file of decisions is its owner's alone, also where one was there before that all could read", async () => {
  const directory = await mkdtemp(join(tmpdir(), "runbook-private-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const [fresh, old] = [join(directory, "fresh.json"), join(directory, "old.json")];
  await writeFile(old, "x".repeat(10_000), { mode: 0o644 });
  for (const file of [fresh, old]) {
    expect(await writePrivate(file, { format: "runbook-decisions/1", run: "r1", decisions: [] })).toBeNull();
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(file, "utf8"))).toMatchObject({ run: "r1" });
  }
});
