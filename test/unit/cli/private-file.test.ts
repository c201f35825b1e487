import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { writePrivate } from "../../../src/cli/private-file.ts";

test("a private file is its owner's alone, also where one was there before that all could read", async () => {
  const directory = await mkdtemp(join(tmpdir(), "runbook-private-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const [fresh, old] = [join(directory, "fresh.json"), join(directory, "old.json")];
  await writeFile(old, "x".repeat(10_000), { mode: 0o644 });
  for (const file of [fresh, old]) {
    expect(await writePrivate(file, "short")).toBeNull();
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(file, "utf8")).toBe("short");
  }
});
