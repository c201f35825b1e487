import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { localJob, verdictsOf } from "../kit/shelf.ts";

/** Each script tells that it began in `$dir/log`, and goes on when \`$dir/go\` is there: the test decides when. */
const STEPS = `  - id: step
    detect:
      run: |
        if [ -n "$since" ]; then echo verify >>"$dir/log"; stage=verify; else echo detect >>"$dir/log"; stage=detect; fi
        n=0; until [ -e "$dir/go-$stage" ] || [ $n -gt 200 ]; do sleep 0.1; n=$((n + 1)); done
        [ -e "$dir/fixed" ] || echo bad
    fix:
      risk: low
      run: |
        echo fix >>"$dir/log"
        n=0; until [ -e "$dir/go-fix" ] || [ $n -gt 200 ]; do sleep 0.1; n=$((n + 1)); done
        touch "$dir/fixed"; echo fixed >>"$dir/log"
      timeout: 60s
    verify: { within: 20s }
  - id: next
    independent: true
    detect: { run: '[ -e "$dir/next" ] || echo bad' }
    fix: { risk: low, run: 'touch "$dir/next"' }
`;

type Stage = "detect" | "fix" | "verify";

/** A run that has got as far as \`stage\`; what comes before it is let through. */
async function runUntil(stage: Stage) {
  const before = (["detect", "fix", "verify"] as const).slice(0, ["detect", "fix", "verify"].indexOf(stage));
  const shop = await localJob(STEPS, { files: Object.fromEntries(before.map((name) => [`a/go-${name}`, ""])) });
  const command = shop.start("run", "job", "-i", "hosts.yml", "-y", "--json");
  const log = (): Promise<string> => readFile(join(shop.directory, "a/log"), "utf8").catch(() => "");
  while (!(await log()).includes(stage)) await new Promise((wake) => setTimeout(wake, 20));
  return { shop, log, ...command };
}

describe("once: no new fix starts, what runs is ended and verified", () => {
  test.each([
    [
      "detect",
      "SIGINT",
      { "a step": "found: stopped by Ctrl-C", "a next": "unknown: stopped by Ctrl-C before it was looked at" },
    ],
    ["fix", "SIGTERM", { "a step": "fixed", "a next": "unknown: stopped by SIGTERM before it was looked at" }],
    ["verify", "SIGHUP", { "a step": "fixed", "a next": "unknown: stopped by SIGHUP before it was looked at" }],
  ] as const)("in %s, %s", async (stage, signal, verdicts) => {
    const { shop, child, seen, ended } = await runUntil(stage);
    await using _ = shop;
    child.kill(signal);
    await seen("Once more leaves at once.");
    for (const each of ["detect", "fix", "verify"]) await shop.write(`a/go-${each}`, "");
    const { exit, out, err } = await ended;
    expect({ exit, verdicts: verdictsOf(out) }).toEqual({ exit: 130, verdicts });
    expect(err).toMatch(/stop +by .*: no new fix starts/);
  });
});

/** Two signals, and the run's own words once it has ended. */
async function leave(stage: Stage) {
  const run = await runUntil(stage);
  run.child.kill("SIGINT");
  await run.seen("Once more leaves at once.");
  // Two in one moment would be one.
  await new Promise((wake) => setTimeout(wake, 150));
  run.child.kill("SIGTERM");
  const { exit, out, err } = await run.ended;
  expect(err).toContain("Leaving now: a fix that still runs is left running, and is in doubt.");
  expect((await run.shop.run("history")).out).toMatch(/exit 130, [^\n]+\n$/);
  return { ...run, exit, verdict: verdictsOf(out)["a step"] };
}

describe("twice: it leaves at once", () => {
  test("a look is ended, and unknown", async () => {
    const { shop, exit, verdict } = await leave("detect");
    await using _ = shop;
    expect({ exit, verdict }).toEqual({
      exit: 130,
      verdict: "unknown: how detect ended is not known: interrupted, and ended",
    });
  });

  test("a fix is left running, and in doubt", async () => {
    const { shop, exit, verdict, log } = await leave("fix");
    await using _ = shop;
    expect({ exit, verdict }).toEqual({
      exit: 130,
      verdict: "in-doubt: how the fix ended is not known: interrupted, and left running",
    });
    await shop.write("a/go-fix", "");
    while (!(await log()).includes("fixed")) await new Promise((wake) => setTimeout(wake, 20));
  });

  test("two in one moment are one", async () => {
    const { shop, child, ended } = await runUntil("fix");
    await using _ = shop;
    child.kill("SIGINT");
    child.kill("SIGTERM");
    await shop.write("a/go-fix", "");
    await shop.write("a/go-verify", "");
    const { exit, out } = await ended;
    expect({ exit, verdict: verdictsOf(out)["a step"] }).toEqual({ exit: 130, verdict: "fixed" });
  });
});

test("a reader that goes away stops a run as a signal does: quietly, and without dropping a fix", async () => {
  const { shop, log, child, ended } = await runUntil("fix");
  await using _ = shop;
  child.stdout?.destroy();
  await shop.write("a/go-fix", "");
  await shop.write("a/go-verify", "");
  const { exit, err } = await ended;
  expect(exit).toBe(130);
  expect(err).not.toMatch(/Error|bug/);
  expect(await log()).toContain("fixed");
  const { out } = await shop.run("history", "show", "last");
  expect(out).toMatch(/^a {2}step {2}fixed/m);
  expect(out).toMatch(/^a {2}next {2}unknown +stopped by the end of its reader/m);
});

test("a list whose reader goes away ends without a word", async () => {
  const { shop, child, ended } = await runUntil("detect");
  await using _ = shop;
  child.kill("SIGKILL");
  await ended;
  const list = shop.start("history", "show", "last", "--events");
  list.child.stdout?.destroy();
  const [exit] = (await once(list.child, "exit")) as [number];
  expect({ exit, err: (await list.ended).err }).toEqual({ exit: 0, err: "" });
  expect((await shop.run("history", "show", "last")).out).toMatch(
    /^This run did not get to its end: its process \(\d+\) is gone\.$/m,
  );
});
