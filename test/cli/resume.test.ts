import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { SqliteRecord } from "../../src/journal/sqlite.ts";
import { eventually } from "../kit/processes.ts";
import { entriesOf, localJob, sweep, verdictsOf } from "../kit/shelf.ts";
import { cardOn } from "../kit/waiting.ts";
import type { Workshop } from "../kit/workshop.ts";

const RUN = ["run", "job", "-i", "hosts.yml"] as const;
const SIX = [1, 2, 3, 4, 5, 6];

/** How every step ended, by the whole record of the newest run. */
async function verdicts(shop: Workshop): Promise<Readonly<Record<string, string>>> {
  return verdictsOf((await shop.run("history", "show", "last", "--json")).out);
}

async function typesOf(shop: Workshop): Promise<readonly string[]> {
  return entriesOf((await shop.run("history", "show", "last", "--json")).out).map(({ event }) => event.type);
}

/** A run that waits for a person on the host a. */
async function waiting(steps = sweep(), job: Parameters<typeof localJob>[1] = {}): Promise<Workshop> {
  const shop = await localJob(steps, { files: { "a/x.bad": "" }, ...job });
  expect((await shop.run(...RUN)).exit).toBe(3);
  return shop;
}

describe("a run that waits", { timeout: 60_000 }, () => {
  test("goes on once it is approved, fixes, and ends as it would have; then nothing is left to do", async () => {
    await using shop = await waiting();
    const { run, digest } = await cardOn(shop, "a");
    expect((await shop.run("approve", run, "--digest", digest)).exit).toBe(0);
    const { exit, out } = await shop.run("resume", run.slice(0, -2), "--json");
    expect(exit).toBe(0);
    const entries = entriesOf((await shop.run("history", "show", run, "--json")).out);
    expect(out.trimEnd().split("\n")).toHaveLength(entries.filter(({ seq }) => seq > 6).length);
    expect(entries.map(({ event }) => event.type)).toEqual([
      "run-started",
      "reached",
      "detected",
      "asked",
      "run-ended",
      "approved",
      "run-resumed",
      "admitted",
      "reached",
      "fix-started",
      "fix-finished",
      "verified",
      "step-ended",
      "run-ended",
    ]);
    expect(await verdicts(shop)).toEqual({ "a sweep": "fixed" });
    expect(await readdir(join(shop.directory, "a"))).toEqual(["here"]);
    expect((await shop.run("history")).out).toMatch(/exit 0, /);
    expect(await shop.run("resume", run)).toEqual({
      exit: 64,
      out: "",
      err: `nothing is left to do in run ${run}\n  → \`runbook history show ${run}\` tells what it did; \`runbook run\` begins another\n`,
    });
  });

  test("waits on where nobody has decided, and does not fix what was denied", async () => {
    await using shop = await waiting();
    expect((await shop.run("resume", "last")).exit).toBe(3);
    const { digest } = await cardOn(shop, "a");
    await shop.run("deny", "last", "--digest", digest, "--reason", "not today");
    expect((await shop.run("resume", "last")).exit).toBe(2);
    expect(await verdicts(shop)).toEqual({ "a sweep": "found: denied by root: not today" });
    expect(await readdir(join(shop.directory, "a"))).toEqual(["here", "x.bad"]);
  });

  test("takes what was decided while nobody could answer", async () => {
    await using shop = await waiting(sweep(), { hosts: ["a", "b"], files: { "a/x.bad": "", "b/x.bad": "" } });
    const [on, other] = [await cardOn(shop, "a"), await cardOn(shop, "b")];
    {
      await using record = SqliteRecord.open(join(shop.directory, ".local/state/runbook"));
      const said = { by: "ada", step: "sweep" } as const;
      await record.desk.post(on.run, { ...said, host: "a", digest: on.digest, verdict: "approve" });
      await record.desk.post(on.run, { ...said, host: "b", digest: other.digest, verdict: "deny", reason: "no" });
    }
    expect((await shop.run("resume", "last")).exit).toBe(2);
    expect(await verdicts(shop)).toEqual({ "a sweep": "fixed", "b sweep": "found: denied by ada: no" });
  });

  test("goes on from any directory, with the options, inputs and hosts that it was started with", async () => {
    const step = sweep("sweep", "low").replace(
      `rm -- "$dir/$file"`,
      `printf "%s " "$wait" "$size" "$who" "$token" >"$dir/said"; rm -- "$dir/$file"`,
    );
    const top = `inputs:
  dir: { type: string }
  wait: { type: duration, default: 5m }
  size: { type: bytes, default: 1.5 GiB }
  who: { type: string }
  token: { type: string, secret: true }
`;
    await using shop = await localJob(step, { hosts: ["a", "b"], top, files: { "a/x.bad": "", "b/x.bad": "" } });
    await shop.write("who", "somebody\n");
    await shop.write("elsewhere/here", "");
    const options = ["--input", "who=@who", "--input", "token=env:TOKEN", "--input", "wait=90m", "-l", "b"];
    const env = { TOKEN: "s3cret" };
    expect((await shop.runWith(env, ...RUN, ...options, "--state", "state")).exit).toBe(3);
    await shop.write("who", "somebody else\n");
    const state = ["--state", join(shop.directory, "state")];
    const { out } = await shop.run("approvals", "--json", ...state);
    const { digest } = JSON.parse(out) as { digest: string };
    expect((await shop.run("approve", "last", "--digest", digest, ...state)).exit).toBe(0);

    const without = await shop.run("resume", "last", ...state);
    expect(without).toEqual({
      exit: 64,
      out: "",
      err: expect.stringContaining("--input token: the variable TOKEN is not set in the environment"),
    });
    const { exit } = await shop.runWith(
      { ...env, HOME: join(shop.directory, "elsewhere") },
      "resume",
      "last",
      "--state",
      "state",
    );
    expect(exit).toBe(0);
    expect(await readFile(join(shop.directory, "b/said"), "utf8")).toBe("5400 1610612736 somebody s3cret ");
    expect(await readdir(join(shop.directory, "a"))).toContain("x.bad");
  });

  test("asks again for a secret that was typed, and says so where there is no terminal", async () => {
    const top = "inputs: { dir: { type: string }, token: { type: string, secret: true } }\n";
    await using shop = await localJob(sweep(), { top, files: { "a/x.bad": "" } });
    await shop.runWith({ TOKEN: "s3cret" }, ...RUN, "--input", "token=env:TOKEN");
    // As a prompt leaves it: no source of the value is on record.
    const database = new DatabaseSync(join(shop.directory, ".local/state/runbook/runbook.db"));
    database.exec(`update entry set event = json_set(event, '$.plan.settings.secretInputs', json('{}')) where seq = 1`);
    database.close();
    expect(await shop.run("resume", "last")).toEqual({
      exit: 64,
      out: "",
      err: "input token: a value is needed and none is given\n  → resume it on a terminal, where it is asked for\n",
    });
  });
});

describe("a run that did not get to its end", { timeout: 60_000 }, () => {
  test("and was stopped takes up what it left", async () => {
    const slow = SIX.map((n) => sweep(`step${n}`, "low", "", "    independent: true\n"))
      .join("")
      .replaceAll('cd "$dir"; find', 'until [ -e "$dir/go" ]; do sleep 0.05; done; cd "$dir"; find');
    await using shop = await localJob(slow, { files: { "a/x.bad": "" } });
    const { child, seen, ended } = shop.start(...RUN, "-y");
    await seen("1 host of hosts.yml");
    child.kill("SIGINT");
    await seen("Once more leaves at once.");
    await shop.write("a/go", "");
    expect((await ended).exit).toBe(130);
    expect(Object.values(await verdicts(shop)).join()).toContain("stopped by Ctrl-C");

    expect((await shop.run("resume", "last")).exit).toBe(0);
    const after = await verdicts(shop);
    expect(Object.values(after).filter((verdict) => verdict === "fixed")).toHaveLength(1);
    expect(Object.values(after).filter((verdict) => verdict === "clear")).toHaveLength(5);
  });

  test("and was killed in the middle of a fix finds that fix on its host, does not begin it again, and fixes the rest", async () => {
    const slow = sweep().replace(
      `rm -- "$dir/$file"`,
      `echo "$file" >>"$dir/log"; until [ -e "$dir/quick" ]; do sleep 0.1; done; rm -- "$dir/$file"`,
    );
    const other = `${slow}${sweep("other", "low", "", "    independent: true\n").replaceAll("*.bad", "*.worse")}`;
    const top = "inputs: { dir: { type: string } }\nrollout: { batches: [100%], max_failures: 2 }\n";
    await using shop = await localJob(other, { top, files: { "a/1.bad": "", "a/2.bad": "", "a/3.worse": "" } });
    const { child, seen, ended } = shop.start(...RUN, "-y");
    await seen("fixing");
    expect(await eventually(() => existsSync(join(shop.directory, "a/log")))).toBe(true);
    child.kill("SIGKILL");
    await ended;
    const dead = (await shop.run("history", "show", "last")).out;
    expect(dead).toMatch(/`runbook resume \S+` goes on with it\.$/m);
    await shop.write("a/quick", "");
    const { exit, out } = await shop.run("resume", "last");
    expect(exit).toBe(0);
    expect(out).toMatch(/^ +resumed +by root on /m);
    expect(await verdicts(shop)).toEqual({ "a sweep": "fixed", "a other": "fixed" });
    const begun = await readFile(join(shop.directory, "a/log"), "utf8");
    expect(begun.split("\n").toSorted()).toEqual(["", "./1.bad", "./2.bad"]);
    expect((await typesOf(shop)).filter((type) => type === "fix-started")).toHaveLength(3);
    expect((await shop.run("resume", "last")).err).toContain("nothing is left to do");
  });

  test("and is at work cannot go on elsewhere: it says who has it", async () => {
    const slow = sweep().replace(
      `rm -- "$dir/$file"`,
      `until [ -e "$dir/go" ]; do sleep 0.05; done; rm -- "$dir/$file"`,
    );
    await using shop = await localJob(slow, { files: { "a/x.bad": "" } });
    const { child, seen, ended } = shop.start(...RUN, "-y");
    await seen("fixing");
    const { exit, err } = await shop.run("resume", "last");
    expect(exit).toBe(64);
    expect(err).toMatch(
      new RegExp(`^run \\S+ is at work already: root \\(process ${child.pid} on .*\\) has it since .* UTC\\n {2}→ `),
    );
    await shop.write("a/go", "");
    expect((await ended).exit).toBe(0);
    expect((await typesOf(shop)).filter((type) => type === "run-resumed")).toEqual([]);
  });
});

test("a run that somebody else has taken over does nothing more, and says who has it and what it leaves behind", async () => {
  const slow = sweep().replace(`rm -- "$dir/$file"`, `until [ -e "$dir/go" ]; do sleep 0.05; done; rm -- "$dir/$file"`);
  await using shop = await localJob(slow, { files: { "a/1.bad": "", "a/2.bad": "" } });
  const { seen, ended } = shop.start(...RUN, "-y");
  await seen("fixing");
  // As another machine would that has heard nothing of this one for too long.
  const database = new DatabaseSync(join(shop.directory, ".local/state/runbook/runbook.db"));
  database.exec("update lease set fence = fence + 1, by = 'bob', host = 'elsewhere', pid = 12");
  database.close();
  await shop.write("a/go", "");
  const { exit, err } = await ended;
  expect(exit).toBe(1);
  expect(err).toMatch(
    /run \S+ is in the hands of bob \(process 12 on elsewhere\) since .* UTC: nothing more is written here/,
  );
  expect(err).toContain("fixes had begun, and how they ended is not on record: a (sweep)");
  expect(await readdir(join(shop.directory, "a"))).toEqual(["2.bad", "go", "here"]);
});

test("the same finding on the same host asks once, however many runs see it", { timeout: 60_000 }, async () => {
  await using shop = await waiting();
  const first = await cardOn(shop, "a");
  expect((await shop.run(...RUN)).exit).toBe(3);
  expect(await verdicts(shop)).toEqual({ "a sweep": `waiting: asked in run ${first.run}` });
  await shop.run("deny", first.run, "--digest", first.digest, "--reason", "no");
  expect((await shop.run("resume", "last")).exit).toBe(3);
  expect(await verdicts(shop)).toEqual({ "a sweep": "waiting: needs an approval" });
});
