import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { eventually } from "../kit/processes.ts";
import { entriesOf, localJob, sweep, verdictsOf } from "../kit/shelf.ts";
import { cardOn } from "../kit/waiting.ts";
import type { Workshop } from "../kit/workshop.ts";

const RUN = ["run", "job", "-i", "hosts.yml"] as const;
const ACCEPT = ["resume", "last", "--accept-changes"] as const;
const TWO = { hosts: ["a", "b"], files: { "a/x.bad": "", "b/x.bad": "" } };

async function verdicts(shop: Workshop): Promise<Readonly<Record<string, string>>> {
  return verdictsOf((await shop.run("history", "show", "last", "--json")).out);
}

async function entries(shop: Workshop) {
  return entriesOf((await shop.run("history", "show", "last", "--json")).out).map(({ event }) => event);
}

const edit = async (shop: Workshop, file: string, from: string | RegExp, to: string): Promise<void> => {
  const text = await readFile(join(shop.directory, file), "utf8");
  expect(text.replace(from, to)).not.toBe(text);
  await shop.write(file, text.replace(from, to));
};
const later = (shop: Workshop): Promise<void> => edit(shop, "runbooks/job.yml", "rm --", "echo later >>said; rm --");

async function waiting(job: Parameters<typeof localJob>[1] = { files: { "a/x.bad": "" } }): Promise<Workshop> {
  const shop = await localJob(sweep().replace("rm --", 'cd "$dir"; rm --').replace("$dir/$file", "$file"), job);
  expect((await shop.run(...RUN)).exit).toBe(3);
  return shop;
}

const approve = async (shop: Workshop, host: string): Promise<void> => {
  const { run, digest } = await cardOn(shop, host);
  expect((await shop.run("approve", run, "--digest", digest)).exit).toBe(0);
};

describe("a runbook that has changed and is accepted", { timeout: 90_000 }, () => {
  test("is gone on with as it is now, what was approved is asked again, and the record says who accepted what", async () => {
    await using shop = await waiting();
    await approve(shop, "a");
    await later(shop);
    const { exit, out } = await shop.run(...ACCEPT);
    expect(exit).toBe(3);
    expect(out).toMatch(/^ +resumed +by root on \S+, accepting changes of the runbook: its text \(step sweep\)$/m);
    expect(await entries(shop)).toContainEqual({
      type: "approval-voided",
      host: "a",
      step: "sweep",
      reason: "it was for what the runbook and the inventory said before",
    });
    expect(await readdir(join(shop.directory, "a"))).toEqual(["here", "x.bad"]);
    expect((await shop.run("history", "show", "last")).out).toContain("accepting changes of the runbook");

    await approve(shop, "a");
    await shop.run("resume", "last", "--report", "report.html");
    expect(await verdicts(shop)).toEqual({ "a sweep": "fixed" });
    expect(await readFile(join(shop.directory, "a/said"), "utf8")).toBe("later\n");
    expect(await readFile(join(shop.directory, "report.html"), "utf8")).toContain("accepting changes of the runbook");
  });

  test("asks anew for what only waited, and the answer to the old card does not count", async () => {
    await using shop = await waiting();
    const old = await cardOn(shop, "a");
    await later(shop);
    expect((await shop.run(...ACCEPT)).exit).toBe(3);
    const now = await cardOn(shop, "a");
    expect(now.digest).not.toBe(old.digest);
    expect((await shop.run("approve", "last", "--digest", old.digest)).exit).not.toBe(0);
  });

  test("with other steps it is another run", async () => {
    await using shop = await waiting();
    await edit(shop, "runbooks/job.yml", "id: sweep", "id: clean");
    const { exit, err } = await shop.run(...ACCEPT);
    expect(exit).toBe(64);
    expect(err).toContain("the runbook has other steps than the run: clean, not sweep");
  });

  test("does not run on this machine what did not before", async () => {
    await using shop = await waiting();
    await edit(shop, "runbooks/job.yml", "id: sweep", "id: sweep\n    on: controller");
    const { exit, err } = await shop.run(...ACCEPT);
    expect({ exit, err }).toEqual({ exit: 64, err: expect.stringContaining("would run on this machine") });
  });

  test("is refused where it is about a fix that has begun; put back, that fix ends as it was begun", async () => {
    const slow = sweep().replace("rm --", `echo x >>"$dir/log"; until [ -e "$dir/go" ]; do sleep 0.1; done; rm --`);
    await using shop = await localJob(slow, { files: { "a/x.bad": "" } });
    const { child, seen, ended } = shop.start(...RUN, "-y");
    await seen("fixing");
    expect(await eventually(() => existsSync(join(shop.directory, "a/log")))).toBe(true);
    child.kill("SIGKILL");
    await ended;
    const before = await readFile(join(shop.directory, "runbooks/job.yml"), "utf8");
    await shop.write("a/go", "");
    await edit(shop, "runbooks/job.yml", "rm --", "echo later; rm --");
    const { exit, err } = await shop.run(...ACCEPT);
    expect(exit).toBe(64);
    expect(err).toContain("a fix of sweep on a has begun and not come to its end, and the step has changed");

    // What people read is nothing that the fix sees.
    await shop.write("runbooks/job.yml", before.replace("title: A job", "title: The job"));
    expect((await shop.run(...ACCEPT)).exit).toBe(0);
    expect(await verdicts(shop)).toEqual({ "a sweep": "fixed" });
    expect(await readFile(join(shop.directory, "a/log"), "utf8")).toBe("x\n");
  });
});

describe("an inventory that has changed and is accepted", { timeout: 90_000 }, () => {
  test("gives the values that it has now, and what was approved on that host is asked again, on others not", async () => {
    await using shop = await waiting(TWO);
    await approve(shop, "a");
    await approve(shop, "b");
    await shop.write("c/y.bad", "");
    await edit(shop, "hosts.yml", '/b"', '/c"');
    expect((await shop.run(...ACCEPT)).exit).toBe(3);
    expect(await verdicts(shop)).toEqual({ "a sweep": "fixed", "b sweep": "waiting: needs an approval" });
    await approve(shop, "b");
    expect((await shop.run("resume", "last")).exit).toBe(0);
    expect(await readdir(join(shop.directory, "c"))).toEqual([]);
    expect(await readdir(join(shop.directory, "b"))).toContain("x.bad");
  });

  test("leaves a host that is gone unknown, and goes on with the others", async () => {
    await using shop = await waiting(TWO);
    await approve(shop, "a");
    await edit(shop, "hosts.yml", /^ +b:.*\n/m, "");
    await shop.run(...ACCEPT);
    expect(await verdicts(shop)).toMatchObject({ "b sweep": "unknown: the host is not in the inventory any more" });
    expect((await shop.run("history", "show", "last")).out).toContain("the inventory: b is not in it any more");
  });

  test("leaves a fix in doubt whose host is gone, and finds it once the host is back", async () => {
    const slow = sweep().replace("rm --", `echo x >>"$dir/log"; until [ -e "$dir/go" ]; do sleep 0.1; done; rm --`);
    await using shop = await localJob(slow, { hosts: ["a", "b"], files: { "a/x.bad": "" } });
    const { child, seen, ended } = shop.start(...RUN, "-y");
    await seen("fixing");
    expect(await eventually(() => existsSync(join(shop.directory, "a/log")))).toBe(true);
    child.kill("SIGKILL");
    await ended;
    const before = await readFile(join(shop.directory, "hosts.yml"), "utf8");
    await edit(shop, "hosts.yml", /^ +a:.*\n/m, "");
    expect((await shop.run(...ACCEPT)).exit).toBe(1);
    expect((await verdicts(shop))["a sweep"]).toMatch(
      /^in-doubt: a fix was started, and what came of it cannot be asked/,
    );
    expect((await shop.run("resume", "last")).exit).toBe(1);

    await shop.write("a/go", "");
    await shop.write("hosts.yml", before);
    expect((await shop.run("resume", "last")).err).toContain("a is in it again");
    expect((await shop.run(...ACCEPT)).exit).toBe(0);
    expect(await verdicts(shop)).toMatchObject({ "a sweep": "fixed" });
    expect(await readFile(join(shop.directory, "a/log"), "utf8")).toBe("x\n");
  });

  test("is accepted in a run of an older record, which does not know which host it was", async () => {
    await using shop = await waiting();
    const database = new DatabaseSync(join(shop.directory, ".local/state/runbook/runbook.db"));
    const keys = "'$.plan.settings.hostDigests', '$.plan.settings.givenInputs', '$.plan.source.contents'";
    database.exec(`update entry set event = json_remove(event, ${keys}) where seq = 1`);
    database.close();
    await shop.write("c/y.bad", "");
    await edit(shop, "hosts.yml", '/a"', '/c"');
    expect((await shop.run("resume", "last")).err).toContain("what it says of the run's hosts");
    expect((await shop.run(...ACCEPT)).exit).toBe(3);
    await approve(shop, "a");
    expect((await shop.run("resume", "last")).exit).toBe(0);
  });
});
