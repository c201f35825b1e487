import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { deathFault } from "../../../src/cli/lab.ts";

const directory = mkdtempSync(join(tmpdir(), "runbook-lab-log-"));
afterAll(() => rmSync(directory, { recursive: true }));
const log = join(directory, "server.log");

test.each([
  ["first\nlast words\n\n", "last words", `its words are in ${log}`],
  ["", "exit code 1", `its words are in ${log}`],
  [null, "exit code 1", `its log is gone: ${log}`],
])("a keeper that died is told by its log %j", (text, reason, hint) => {
  rmSync(log, { force: true });
  if (text !== null) writeFileSync(log, text);
  const message = `the process that keeps the practice hosts did not come up: ${reason}`;
  expect(deathFault("exit code 1", log)).toEqual({ kind: "session", message, hint });
});
