import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { entriesOf, localJob, sweep } from "../kit/shelf.ts";
import type { Workshop } from "../kit/workshop.ts";

async function typesOf(shop: Workshop): Promise<readonly string[]> {
  return entriesOf((await shop.run("history", "show", "last", "--json")).out).map(({ event }) => event.type);
}

/** A run that waits for a person on the host a. */
async function waiting(steps = sweep(), job: Parameters<typeof localJob>[1] = {}): Promise<Workshop> {
  const shop = await localJob(steps, { files: { "a/x.bad": "" }, ...job });
  expect((await shop.run("run", "job", "-i", "hosts.yml")).exit).toBe(3);
  return shop;
}

/** What a refused resumption says, once it is sure that nothing was recorded. */
const refused = async (shop: Workshop): Promise<string> => {
  const before = await typesOf(shop);
  const { exit, out, err } = await shop.run("resume", "last");
  expect({ out, now: await typesOf(shop) }).toEqual({ out: "", now: before });
  expect(exit).not.toBe(0);
  return err.replaceAll(/\d{12}-\w{6}/g, "RUN");
};
const AGAIN =
  "`runbook resume RUN --accept-changes` goes on with it as it is now; else put it back as it was, or begin anew on a terminal: `runbook run job`";

const changed = (file: string, thing: string, what: string): string =>
  `${file}: the ${thing} has changed since run RUN began: ${what}\n  → ${AGAIN}\n`;
const runbook = (what: string): string => changed("runbooks/job.yml", "runbook", what);
const inventory = (what: string): string => changed("hosts.yml", "inventory", what);

describe("what has changed since is refused, and named", { timeout: 60_000 }, () => {
  test("the runbook, by what it is made of", async () => {
    const top = "inputs: { dir: { type: string } }\nfunctions: lib.sh\nfiles: [tool]\n";
    await using shop = await waiting(sweep(), {
      top,
      files: { "a/x.bad": "", "runbooks/lib.sh": "f() { :; }\n", "runbooks/tool": "1" },
    });
    await shop.write("runbooks/tool", "2");
    expect(await refused(shop)).toBe(runbook("the file tool that it sends"));
    await shop.write("runbooks/lib.sh", "f() { :; :; }\n");
    expect(await refused(shop)).toBe(runbook("its functions and the file tool that it sends"));
    const text = await readFile(join(shop.directory, "runbooks/job.yml"), "utf8");
    await shop.write("runbooks/job.yml", `${text}# later\n`);
    expect(await refused(shop)).toBe(runbook("its text and its functions and the file tool that it sends"));
    await shop.write("runbooks/job.yml", "name: [");
    expect(await refused(shop)).toContain("runbooks/job.yml:1");
    await rm(join(shop.directory, "runbooks/job.yml"));
    expect(await refused(shop)).toContain("runbooks/job.yml: ");

    await shop.write("runbooks/job.yml", text);
    await shop.write("runbooks/lib.sh", "f() { :; }\n");
    await shop.write("runbooks/tool", "1");
    expect((await shop.run("resume", "last")).exit).toBe(3);
  });

  test("the inventory, where it is about the run's hosts", async () => {
    await using shop = await waiting(sweep(), { hosts: ["a", "b"], files: { "a/x.bad": "", "b/x.bad": "" } });
    const text = await readFile(join(shop.directory, "hosts.yml"), "utf8");
    await shop.write("hosts.yml", text.replace('/b"', '/a"'));
    expect(await refused(shop)).toBe(inventory("its inputs (b)"));
    await shop.write("hosts.yml", text.replace("connection: local", "connection: ssh"));
    expect(await refused(shop)).toBe(inventory("where it is or how to log in (a, b)"));
    await shop.write("hosts.yml", text.replace(/^ +b:.*\n/m, ""));
    expect(await refused(shop)).toBe(inventory("b is not in it any more"));
    await shop.write("hosts.yml", text.replace("vars: {", "vars: { color: red,"));
    expect(await refused(shop)).toBe(inventory("what it says of the run's hosts"));
    await rm(join(shop.directory, "hosts.yml"));
    expect(await refused(shop)).toContain("hosts.yml");

    await shop.write("hosts.yml", `${text}    c: { dir: /nowhere }\n`);
    expect((await shop.run("resume", "last")).exit).toBe(3);
  });

  test("the directory that it was started in", async () => {
    await using shop = await waiting();
    const database = new DatabaseSync(join(shop.directory, ".local/state/runbook/runbook.db"));
    database.exec(`update entry set event = json_set(event, '$.plan.settings.cwd', '/nowhere/at/all') where seq = 1`);
    expect(await refused(shop)).toMatch(
      /^\/nowhere\/at\/all: the directory that run RUN was started in cannot be entered: ENOENT\n/,
    );
    database.exec(`update entry set event = json_remove(event, '$.plan.settings') where seq = 1`);
    database.close();
    expect(await refused(shop)).toBe(
      "run RUN cannot go on: it was made by an older runbook, which did not record how it was started\n  → the same `runbook run` again begins anew\n",
    );
  });
});
