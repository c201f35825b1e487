import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { journalFault } from "../../../src/journal/database.ts";

function thrownBy(work: () => void): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

test("a record that another process has locked is not called full", async () => {
  const directory = await mkdtemp(join(tmpdir(), "locked-"));
  try {
    const file = join(directory, "runbook.db");
    using one = new DatabaseSync(file);
    using other = new DatabaseSync(file);
    one.exec("create table t (a)");
    one.exec("begin immediate");
    const { faults } = journalFault(
      file,
      thrownBy(() => other.exec("begin immediate")),
    );
    expect(faults).toMatchObject([
      {
        message: "the record of runs cannot be used: database is locked",
        hint: `another process has locked it for long: \`fuser ${file}\` names those that have it open`,
      },
    ]);
  } finally {
    await rm(directory, { recursive: true });
  }
});
