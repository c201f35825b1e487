import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { SqliteRecord } from "../../src/journal/sqlite.ts";
import type { Entry, Event } from "../../src/model/event.ts";
import { localJob, sweep } from "../kit/shelf.ts";
import { planWith, unreachable } from "../kit/tale.ts";
import type { Workshop } from "../kit/workshop.ts";

const RUN = ["run", "job", "-i", "hosts.yml"] as const;
const OVER: Event = { type: "run-ended", exit: 4, outcome: "unknown" };
const DAY = 24 * 3600 * 1000;

/** Changes the record behind the back of everybody. */
function tamper(shop: Workshop, statement: string, ...values: readonly (string | number)[]): void {
  using database = new DatabaseSync(join(shop.directory, ".local/state/runbook/runbook.db"));
  if (values.length === 0) database.exec(statement);
  else database.prepare(statement).run(...values);
}

const headIn = (text: string): string => /^ *head ([0-9a-f]{64})$/m.exec(text)?.[1] ?? "no head";

async function idOf(shop: Workshop): Promise<string> {
  return (JSON.parse((await shop.run("history", "--json", "--limit", "1")).out) as { run: string }).run;
}

describe("a run and its head", { timeout: 60_000 }, () => {
  test("a run prints its head at its very end, on stderr where JSON owns stdout; the record shows the same", async () => {
    await using shop = await localJob(sweep());
    const plain = await shop.run(...RUN);
    const head = headIn(plain.out.trimEnd().split("\n").at(-1) ?? "");
    expect(headIn((await shop.run("history", "show", "last")).out)).toBe(head);
    expect((await shop.run("history", "verify", "last", "--head", head)).exit).toBe(0);
    const json = await shop.run(...RUN, "--json");
    expect(json.out).not.toContain("head ");
    expect((await shop.run("history", "verify", "--head", headIn(json.err))).exit).toBe(0);
  });

  test("what was altered is named, and nothing is said against other runs", async () => {
    await using shop = await localJob(sweep());
    await shop.run(...RUN);
    const [first, head] = [await idOf(shop), headIn((await shop.run("history", "show", "last")).out)];
    await shop.run(...RUN);
    const second = await idOf(shop);
    const well = await shop.run("history", "verify");
    expect(well.exit).toBe(0);
    expect(well.out).toMatch(new RegExp(`^✓ run ${first}: \\d+ entries as written, head ${head}\\n✓ run ${second}: `));
    expect(well.err).toContain("shows only against the head");

    tamper(shop, "update entry set event = replace(event, '\"a\"', '\"b\"') where seq = 2 and run = ?", second);
    const { exit, out } = await shop.run("history", "verify", "--json");
    expect(exit).toBe(2);
    const told = out
      .trimEnd()
      .split("\n")
      .map((line): unknown => JSON.parse(line));
    expect(told).toEqual([
      expect.objectContaining({ run: first, ok: true, trouble: null, head }),
      expect.objectContaining({
        run: second,
        ok: false,
        trouble: { seq: 2, what: "altered", words: "entry 2 was altered" },
      }),
    ]);
    expect((await shop.run("history", "verify", first)).exit).toBe(0);
  });

  test("an end that was cut off shows against the head; one that a resumed run has left behind is no trouble", async () => {
    await using shop = await localJob(sweep(), { files: { "a/x.bad": "" } });
    const head = headIn((await shop.run(...RUN)).out);
    const run = await idOf(shop);
    await shop.run("resume", run);
    const later = await shop.run("history", "verify", run, "--head", head);
    expect(later.exit).toBe(0);
    expect(later.out).toMatch(/the head is that of entry \d+; \d+ entries came after it/);

    const last = headIn((await shop.run("history", "show", run)).out);
    tamper(shop, "delete from entry where type = 'run-ended'");
    tamper(shop, "delete from entry where seq > 3");
    expect((await shop.run("history", "verify", run)).exit).toBe(0);
    const cut = await shop.run("history", "verify", run, "--head", last);
    expect(cut).toMatchObject({ exit: 2, out: expect.stringContaining("no entry has this head: its end was cut off") });
    const anywhere = await shop.run("history", "verify", "--head", last);
    expect(anywhere).toMatchObject({ exit: 2, err: expect.stringContaining("No run on record has this head") });
    const wrong = await shop.run("history", "verify", "--head", last.slice(1));
    expect(wrong).toMatchObject({ exit: 64, err: expect.stringContaining("is not a head: it has 64 digits") });
  });

  test("hashes that were taken away prove nothing, and nothing is not well", async () => {
    await using shop = await localJob(sweep());
    await shop.run(...RUN);
    tamper(shop, "update entry set hash = null");
    const { exit, out } = await shop.run("history", "verify");
    expect({ exit, sign: out[0] }).toEqual({ exit: 4, sign: "?" });
    expect(out).toContain("nothing can be proved of them");
  });
});

describe("an exported run", { timeout: 60_000 }, () => {
  test("is proved from its file alone, which is its owner's; what was altered in it is named", async () => {
    await using shop = await localJob(sweep(), { files: { "a/x\u00e9.bad": "" } });
    const head = headIn((await shop.run(...RUN)).out);
    const said = await shop.run("history", "export", "last", "--output", "run.jsonl");
    expect(said).toMatchObject({
      exit: 0,
      out: "",
      err: expect.stringMatching(/^\d+ entries of run .* written to run.jsonl\n$/),
    });
    const file = join(shop.directory, "run.jsonl");
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const text = await readFile(file, "utf8");
    expect((await shop.run("history", "export", "last")).out).toBe(text);
    expect((await shop.run("history", "verify", "--file", "run.jsonl", "--head", head)).exit).toBe(0);

    await shop.write("altered.jsonl", text.replace('"detected"', '"undetermined"'));
    const altered = await shop.run("history", "verify", "--file", "altered.jsonl");
    expect(altered).toMatchObject({ exit: 2, out: expect.stringMatching(/: entry \d+ was altered\n$/) });
    await shop.write("cut.jsonl", text.split("\n").slice(0, 2).join("\n"));
    expect((await shop.run("history", "verify", "--file", "cut.jsonl")).exit).toBe(0);
    expect((await shop.run("history", "verify", "--file", "cut.jsonl", "--head", head)).exit).toBe(2);
    await shop.write("other.jsonl", "{}\n");
    expect(await shop.run("history", "verify", "--file", "other.jsonl")).toMatchObject({
      exit: 65,
      err: expect.stringContaining("it is not an entry of an exported run"),
    });
  });

  test("takes along what is wrong with it, and says so", async () => {
    await using shop = await localJob(sweep());
    await shop.run(...RUN);
    tamper(shop, "update entry set at = at + 1 where seq = 3");
    const { exit, out, err } = await shop.run("history", "export", "last");
    expect({ exit, err }).toEqual({
      exit: 2,
      err: expect.stringContaining("is not as it was written: entry 3 was altered"),
    });
    await shop.write("run.jsonl", out);
    expect((await shop.run("history", "verify", "--file", "run.jsonl")).out).toContain("entry 3 was altered");
  });
});

/** Makes every run on record so many days older than it is: all its entries, and what follows from them. */
function age(shop: Workshop, days: number): void {
  for (const [table, column] of [
    ["entry", "at"],
    ["run", "started_at"],
    ["run", "ended_at"],
    ["past_fix", "at"],
  ]) {
    tamper(shop, `update ${table} set ${column} = ${column} - ?`, days * DAY);
  }
}
const left = async (shop: Workshop): Promise<number> =>
  (await shop.run("history", "--json")).out.split("\n").length - 1;

describe("pruning", { timeout: 60_000 }, () => {
  test("removes what is old and over; what is new, and the newest that are to be kept, stay", async () => {
    await using shop = await localJob(sweep());
    for (let nth = 0; nth < 3; nth += 1) await shop.run(...RUN);
    age(shop, 100);
    await shop.run(...RUN);
    const dry = await shop.run("history", "prune", "--older-than", "90d", "--dry-run");
    expect(dry).toMatchObject({ exit: 0, err: "3 runs would be removed.\n" });
    expect(await left(shop)).toBe(4);
    expect((await shop.run("history", "prune", "--older-than", "90d", "--keep", "3")).err).toBe("1 run removed.\n");
    expect((await shop.run("history", "prune", "--older-than", "90d")).err).toBe("2 runs removed.\n");
    expect(await left(shop)).toBe(1);
    expect((await shop.run("history", "verify")).exit).toBe(0);
    expect(await shop.run("history", "prune", "--older-than", "soon")).toMatchObject({ exit: 64 });
  });

  test("keeps what may still go on, and fixes that cards would show", async () => {
    await using shop = await localJob(sweep(), { files: { "a/x.bad": "" } });
    expect((await shop.run(...RUN)).exit).toBe(3);
    expect((await shop.run(...RUN, "-y")).exit).toBe(0);
    age(shop, 40);
    const { out, err } = await shop.run("history", "prune", "--older-than", "30d");
    expect(err).toBe("0 runs removed; 2 old runs stay.\n");
    expect(out).toMatch(/: its fixes are shown on cards for 90 days\n.*: `runbook resume .*` can go on with it\n/s);
    age(shop, 60);
    expect((await shop.run("history", "prune", "--older-than", "30d")).err).toBe("1 run removed; 1 old run stays.\n");
  });

  test("takes the runs of a check together, or leaves them all: where one is younger than the age, or damaged", async () => {
    await using shop = await localJob(sweep());
    const now = Date.now();
    const part = (check: string, place: number, days: number): Entry[] => {
      const plan = planWith({ hosts: ["host1"], check: { check, place, parts: 2, earlier: [], hosts: [], left: [] } });
      const all: Event[] = [{ type: "run-started", format: 1, plan }, unreachable(), OVER];
      return all.map((event, at) => ({ run: `${check}-${place}`, seq: at + 1, at: now - days * DAY + at, event }));
    };
    const checks: [string, number, number][] = [
      ["old", 100, 99],
      ["straddles", 91, 89],
      ["damaged", 100, 99],
    ];
    await (async () => {
      await using record = SqliteRecord.open(join(shop.directory, ".local/state/runbook"));
      for (const [check, first, second] of checks)
        await record.append([...part(check, 0, first), ...part(check, 1, second)]);
    })();
    tamper(shop, "delete from entry where run = 'damaged-0' and seq = 2");
    const prune = ["history", "prune", "--older-than", "90d"];
    expect((await shop.run(...prune, "--keep", "3")).err).toBe("0 runs removed.\n");
    const { out, err } = await shop.run(...prune);
    const stays = "of its check, damaged-0 stays: the record is damaged: run damaged-0, entry 2";
    expect(out.trim().split("\n").toSorted()).toEqual([
      "removed  old-0",
      "removed  old-1",
      `stays    damaged-0: ${stays}`,
      `stays    damaged-1: ${stays}`,
    ]);
    expect(err).toBe("2 runs removed; 2 old runs stay.\n");
    expect(await left(shop)).toBe(4);
  });

  test("keeps what is waived for longer than until now, and what is damaged", async () => {
    await using shop = await localJob(sweep());
    const at = Date.now() - 400 * DAY;
    const place = { host: "host1", step: "step-1" };
    const waived = (until: number): Event => ({
      type: "waived",
      ...place,
      keys: ["k"],
      until,
      by: "ada",
      reason: "known",
    });
    const told = (run: string, ...events: readonly Event[]): Entry[] => {
      const plan = planWith({ hosts: ["host1"] });
      const all: Event[] = [{ type: "run-started", format: 1, plan }, ...events, unreachable(), OVER];
      return all.map((event, index) => ({ run, seq: index + 1, at: at + index, event }));
    };
    await (async () => {
      await using record = SqliteRecord.open(join(shop.directory, ".local/state/runbook"));
      await record.append([
        ...told("holds", waived(Date.now() + DAY)),
        ...told("past", waived(at + DAY)),
        ...told("gap"),
      ]);
    })();
    tamper(shop, "delete from entry where run = 'gap' and seq = 2");
    const { out, err } = await shop.run("history", "prune", "--older-than", "52w");
    expect(out).toMatch(
      /^stays +gap: the record is damaged: run gap, entry 2\nremoved +past\nstays +holds: findings are waived in it until /,
    );
    expect(err).toBe("1 run removed; 2 old runs stay.\n");
  });
});
