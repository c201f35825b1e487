import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { localJob, sweep, verdictsOf } from "../kit/shelf.ts";
import { cardOn } from "../kit/waiting.ts";
import type { Workshop } from "../kit/workshop.ts";

const RUN = ["run", "job", "-i", "hosts.yml"] as const;

/** A fix that goes on until the file `go` is there. */
const SLOW = sweep().replace(
  `rm -- "$dir/$file"`,
  `: > "$dir/begun"; n=0; until [ -e "$dir/go" ] || [ $n -gt 300 ]; do sleep 0.1; n=$((n + 1)); done; rm -- "$dir/$file"`,
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
});
