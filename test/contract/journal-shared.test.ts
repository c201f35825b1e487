import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SqliteRecord } from "../../src/journal/sqlite.ts";
import { PLAN } from "../kit/plans.ts";
import { addUser, type TestUser } from "../kit/user.ts";

const PROGRAM = resolve(import.meta.dirname, "fixtures/use-record.ts");
const PARTS = ["runbook.db", "runbook.db-wal", "runbook.db-shm"];

let ada: TestUser;
let bob: TestUser;
let eve: TestUser;
let group: string;
let directory: string;

beforeAll(async () => {
  [ada, bob, eve] = [await addUser(null), await addUser(null), await addUser(null)];
  group = `${ada.name}g`;
  execFileSync("groupadd", [group]);
  for (const member of [ada, bob]) execFileSync("usermod", ["-aG", group, member.name]);
  directory = mkdtempSync(join(tmpdir(), "runbook-shared-"));
  chmodSync(directory, 0o755);
});
afterAll(async () => {
  rmSync(directory, { recursive: true, force: true });
  for (const user of [ada, bob, eve]) await user[Symbol.asyncDispose]();
  execFileSync("groupdel", [group]);
});

const idOf = (flag: string, name: string): number => Number(execFileSync("id", [flag, name], { encoding: "utf8" }));
const gid = (): number => Number(execFileSync("getent", ["group", group], { encoding: "utf8" }).split(":")[2]);

/** A state directory that ada has made, with these rights, for the group. */
function stateOfAda(name: string, mode: number): string {
  const state = join(directory, name);
  mkdirSync(state);
  chownSync(state, idOf("-u", ada.name), gid());
  chmodSync(state, mode);
  return state;
}

type Said = { readonly code: number | null; readonly out: string; readonly err: string };

/** Uses the record as a user of this machine would, whose new files nobody else may read. */
async function useAs(user: TestUser, state: string, run: string): Promise<Said> {
  const command = [
    "-u",
    user.name,
    "--",
    "sh",
    "-c",
    'umask 077; exec "$@"',
    "sh",
    process.execPath,
    PROGRAM,
    state,
    run,
  ];
  const child = spawn("runuser", command, { cwd: "/", stdio: ["ignore", "pipe", "pipe"] });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: child.exitCode, out, err };
}

const rights = (state: string): unknown[] =>
  PARTS.map((part) => {
    const { mode, gid: owning } = statSync(join(state, part));
    return { mode: (mode & 0o777).toString(8), gid: owning };
  });

describe("a state directory that is shared with a group", () => {
  test("has a record that everybody of the group can read and write, whoever made it, and nobody else", async () => {
    const state = stateOfAda("shared", 0o2770);
    expect(await useAs(ada, state, "of-ada")).toMatchObject({ code: 0, out: "of-ada" });
    expect(await useAs(bob, state, "of-bob")).toMatchObject({ code: 0, out: "of-bob of-ada" });
    expect(await useAs(ada, state, "again")).toMatchObject({ code: 0, out: "again of-bob of-ada" });
    // Somebody is at work there: the files beside it are the group's too.
    await using record = SqliteRecord.open(state);
    await record.append([{ run: "of-root", seq: 1, at: 1, event: { type: "run-started", format: 1, plan: PLAN } }]);
    expect(rights(state)).toEqual(PARTS.map(() => ({ mode: "660", gid: gid() })));
    expect(await useAs(bob, state, "beside-root")).toMatchObject({ code: 0 });
    expect((await useAs(eve, state, "of-eve")).err).toContain("EACCES");
    expect(await record.desk.posted("of-bob")).toHaveLength(1);
  });

  test("may have been private: its record is opened to the group when its owner uses it next", async () => {
    const state = stateOfAda("opened", 0o700);
    expect((await useAs(ada, state, "one")).code).toBe(0);
    chmodSync(state, 0o2770);
    const refused = await useAs(bob, state, "two");
    expect(refused.code).not.toBe(0);
    expect(refused.err).toContain("the record is not open to the group of its directory yet");
    expect((await useAs(ada, state, "three")).code).toBe(0);
    expect(await useAs(bob, state, "four")).toMatchObject({ code: 0, out: "four three one" });
  });

  test.each([
    ["that is private", 0o700],
    ["that is writable for a group, without a word that new files are to be the group's", 0o770],
  ])("a directory %s has a private record", async (_, mode) => {
    const state = stateOfAda(`private-${mode}`, mode);
    expect((await useAs(ada, state, "one")).code).toBe(0);
    expect((statSync(join(state, "runbook.db")).mode & 0o777).toString(8)).toBe("600");
    expect((await useAs(bob, state, "two")).code).not.toBe(0);
  });
});
