import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { processesWith, uniqueSleep } from "../kit/processes.ts";
import { localJob, sweep, verdictsOf } from "../kit/shelf.ts";
import { cardOn } from "../kit/waiting.ts";
import type { Workshop } from "../kit/workshop.ts";

const RUN = ["run", "job", "-i", "hosts.yml"] as const;

/** A fix that goes on until the file `go` is there. */
const SLOW = sweep().replace(
  `rm -- "$dir/$file"`,
  `: > "$dir/begun"; n=0; until [ -e "$dir/go" ] || [ $n -gt 300 ]; do sleep 0.1; n=$((n + 1)); done; rm -- "$dir/$file"`,
);

/** A fix with a child that ignores TERM, and a rollback that notes each time it runs. */
const stubborn = (sleep: string): string =>
  sweep("sweep", "low", "", `    rollback: { run: 'echo undone >>"$dir/undone"' }\n`).replace(
    `'rm -- "$dir/$file"'`,
    `'(trap "" TERM; ${sleep}; ${sleep}) & : >"$dir/begun"; ${sleep}; rm -- "$dir/$file"'`,
  );

const verdicts = async (shop: Workshop): Promise<unknown> =>
  verdictsOf((await shop.run("history", "show", "last", "--json")).out);
const there = (shop: Workshop, file: string): boolean => existsSync(join(shop.directory, file));

describe("a freeze", { timeout: 60_000 }, () => {
  test("lets no fix start in runs that begin, says by whom, since when and why, and a resumed run fixes after it", async () => {
    await using shop = await localJob(sweep(), { files: { "a/x.bad": "" } });
    const frozen = await shop.run("freeze", "--reason", "the end of the year");
    expect(frozen).toMatchObject({
      exit: 0,
      err: expect.stringMatching(/^Now frozen by .+ since .+ UTC: the end of the year\n/),
    });
    expect((await shop.run("freeze", "--reason", "another")).err).toMatch(
      /^Already frozen by .*: the end of the year\n/,
    );
    await shop.write("schedules.yml", "schedules: [{ name: a, runbook: job, inventory: hosts.yml, cron: '@daily' }]");
    expect((await shop.run("schedule", "list")).err).toMatch(/^All is frozen by .*: the end of the year\n/);
    expect((await shop.run("history")).err).toMatch(/^All is frozen by .*: the end of the year\n/);

    const { exit, out } = await shop.run(...RUN, "-y");
    expect(exit).toBe(2);
    expect(there(shop, "a/x.bad")).toBe(true);
    expect(out).toMatch(/^ +frozen +by .* since .* UTC: the end of the year$/m);
    expect(await verdicts(shop)).toEqual({
      "a sweep": expect.stringMatching(/^found: frozen by .*: the end of the year$/),
    });
    expect(out).toMatch(/the end of the year; once that is over:\n +runbook unfreeze\n +runbook resume /);
    expect((await shop.run("resume", "last")).exit).toBe(2);
    expect(there(shop, "a/x.bad")).toBe(true);

    expect(await shop.run("unfreeze")).toMatchObject({
      exit: 0,
      err: expect.stringMatching(/^Fixes start again; it was frozen by /),
    });
    expect((await shop.run("unfreeze")).err).toBe("Nothing was frozen.\n");
    expect((await shop.run("resume", "last")).exit).toBe(0);
    expect(there(shop, "a/x.bad")).toBe(false);
    expect((await shop.run("history", "verify")).exit).toBe(0);
  });

  test("does not take back what a person approves meanwhile: the run that is resumed after it fixes that", async () => {
    await using shop = await localJob(sweep(), { files: { "a/x.bad": "" } });
    await shop.run("freeze");
    expect((await shop.run(...RUN)).exit).toBe(3);
    const { run, digest } = await cardOn(shop, "a");
    expect((await shop.run("approvals")).err).toMatch(/^All is frozen by /);
    expect((await shop.run("approve", run, "--digest", digest)).exit).toBe(0);
    expect((await shop.run("resume", run)).exit).toBe(2);
    expect(there(shop, "a/x.bad")).toBe(true);
    await shop.run("unfreeze");
    expect((await shop.run("resume", run)).exit).toBe(0);
    expect(there(shop, "a/x.bad")).toBe(false);
  });

  test("reaches a run at work: the fix that runs is finished and verified, and no other starts", async () => {
    await using shop = await localJob(SLOW, { files: { "a/x.bad": "", "a/y.bad": "" } });
    const { seen, ended } = shop.start(...RUN, "-y");
    await seen("fixing");
    expect((await shop.run("freeze")).exit).toBe(0);
    await shop.write("a/go", "");
    expect((await ended).exit).toBe(2);
    const types = (await shop.run("history", "show", "last", "--json")).out
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { type: string }).type);
    expect(types.filter((type) => type === "fix-started")).toHaveLength(1);
    expect(types.slice(types.indexOf("frozen"))).toContain("verified");
    expect([there(shop, "a/x.bad"), there(shop, "a/y.bad")].filter(Boolean)).toHaveLength(1);
    await shop.run("unfreeze");
    expect((await shop.run("resume", "last")).exit).toBe(0);
    expect([there(shop, "a/x.bad"), there(shop, "a/y.bad")]).toEqual([false, false]);
  });
});

describe("runbook stop", { timeout: 60_000 }, () => {
  test("ends a run at work as Ctrl-C does: what runs is finished and verified, the rest is left for resume", async () => {
    await using shop = await localJob(SLOW, { files: { "a/x.bad": "", "a/y.bad": "" } });
    const { seen, ended } = shop.start(...RUN, "-y");
    await seen("fixing");
    const asked = await shop.run("stop", "last");
    expect(asked).toMatchObject({ exit: 0, err: expect.stringMatching(/^Run .* stops: no new fix starts in it/) });
    await shop.write("a/go", "");
    const { exit, out } = await ended;
    expect(exit).toBe(2);
    expect(out).toMatch(/^ +stop +by \S+: no new fix starts$/m);
    expect([there(shop, "a/x.bad"), there(shop, "a/y.bad")].filter(Boolean)).toHaveLength(1);
    const again = await shop.run("stop", "last");
    expect(again).toMatchObject({
      exit: 64,
      err: expect.stringMatching(/is not at work: no process has it.*\n.*runbook resume /),
    });
    expect((await shop.run("resume", "last")).exit).toBe(0);
    expect([there(shop, "a/x.bad"), there(shop, "a/y.bad")]).toEqual([false, false]);
  });

  test("says of a run that died or has ended that nobody is there, and what to do", async () => {
    await using shop = await localJob(SLOW, { files: { "a/x.bad": "" } });
    const { child, seen, ended } = shop.start(...RUN, "-y");
    await seen("fixing");
    await vi.waitFor(() => expect(there(shop, "a/begun")).toBe(true), { timeout: 10_000 });
    child.kill("SIGKILL");
    await ended;
    const dead = await shop.run("stop", "last");
    expect(dead).toMatchObject({ exit: 64, err: expect.stringContaining("is not at work: no process has it") });
    expect(dead.err).toContain("goes on with it");
    await shop.write("a/go", "");
    expect((await shop.run("resume", "last")).exit).toBe(0);
    expect((await shop.run("stop", "last")).err).toMatch(/it has ended: `runbook history show /);
    expect((await shop.run("stop", "nope")).exit).toBe(64);
  });

  test("--kill-jobs ends what runs on a host with all its processes, rolls it back once, and the record says by whom", async () => {
    const sleep = uniqueSleep();
    await using shop = await localJob(stubborn(sleep), { files: { "a/x.bad": "" } });
    const { seen, ended } = shop.start(...RUN, "-y");
    await seen("fixing");
    await vi.waitFor(() => expect(there(shop, "a/begun")).toBe(true), { timeout: 10_000 });
    const asked = await shop.run("stop", "last", "--kill-jobs");
    expect(asked).toMatchObject({
      exit: 0,
      err: expect.stringContaining("the fixes that run are ended, and rolled back"),
    });
    const { exit, out } = await ended;
    expect(exit).toBe(1);
    expect(out).toMatch(/^ +stop +by \S+: no new fix starts, and those that run are ended$/m);
    expect(processesWith(sleep)).toEqual([]);
    expect(readFileSync(join(shop.directory, "a/undone"), "utf8")).toBe("undone\n");
    expect(there(shop, "a/x.bad")).toBe(true);
    expect(await verdicts(shop)).toEqual({
      "a sweep": expect.stringMatching(/^rolled-back: the fix was ended by \S+, who stopped the run$/),
    });
    expect((await shop.run("history", "verify")).exit).toBe(0);
  });

  test("--kill-jobs ends also what a run that was stopped without it still waits for, and what a resumed run follows", async () => {
    const sleep = uniqueSleep();
    await using shop = await localJob(stubborn(sleep), { files: { "a/x.bad": "" } });
    const first = shop.start(...RUN, "-y");
    await first.seen("fixing");
    await vi.waitFor(() => expect(there(shop, "a/begun")).toBe(true), { timeout: 10_000 });
    first.child.kill("SIGKILL");
    await first.ended;
    const dead = await shop.run("stop", "last", "--kill-jobs");
    expect(dead).toMatchObject({
      exit: 64,
      err: expect.stringMatching(/no process has it.*\n.*runbook jobs -i .*runbook resume /),
    });
    expect(processesWith(sleep)).not.toEqual([]);
    const again = shop.start("resume", "last");
    await again.seen("resumed");
    expect((await shop.run("stop", "last")).exit).toBe(0);
    expect(processesWith(sleep)).not.toEqual([]);
    expect((await shop.run("stop", "last", "--kill-jobs")).exit).toBe(0);
    expect((await again.ended).exit).toBe(1);
    expect(processesWith(sleep)).toEqual([]);
    expect(readFileSync(join(shop.directory, "a/undone"), "utf8")).toBe("undone\n");
  });

  test("--kill-jobs says of a fix that has no job that it cannot be ended, and it is finished", async () => {
    await using shop = await localJob(SLOW, { files: { "a/x.bad": "" } });
    const { seen, ended } = shop.start(...RUN, "-y", "--no-jobs");
    await seen("fixing");
    await vi.waitFor(() => expect(there(shop, "a/begun")).toBe(true), { timeout: 10_000 });
    const asked = await shop.run("stop", "last", "--kill-jobs");
    expect(asked).toMatchObject({
      exit: 4,
      err: expect.stringMatching(/no job that could be ended .*: a \(sweep\)$/m),
    });
    await shop.write("a/go", "");
    expect((await ended).exit).toBe(0);
    expect(there(shop, "a/x.bad")).toBe(false);
  });
});
