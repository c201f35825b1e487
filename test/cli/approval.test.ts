import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { localJob, sweep, verdictsOf } from "../kit/shelf.ts";

const job = ["run", "job", "-i", "hosts.yml", "--json"] as const;

test("a dry run shows what would be asked, and writes nothing", async () => {
  await using shop = await localJob(
    sweep("sweep", "low", ", preview: 'ls \"$dir\"', guard: 'echo x >\"$dir/guarded\"'"),
    {
      files: { "a/x.bad": "" },
    },
  );
  const { exit, out, err } = await shop.run("run", "job", "-i", "hosts.yml", "-n", "--approve", "high");
  expect({ exit, err }).toEqual({ exit: 2, err: "" });
  expect(out).toContain("dry run: nothing is changed on any host");
  expect(out).toContain("  │ ./x.bad\n");
  expect(out).toContain('  │ rm -- "$dir/$file"\n');
  expect(out).toContain(`$dir = ${shop.directory}/a`);
  expect(await readdir(join(shop.directory, "a"))).toEqual(["here", "x.bad"]);
  const run = /run (\S+)$/m.exec(out)?.[1] ?? "";
  for (const place of ["/run", "/dev/shm", "/var/tmp", "/tmp"]) {
    expect(existsSync(join(place, `runbook-keep-${run}-1-login`))).toBe(false);
  }
});

describe("what may be fixed without asking", () => {
  const steps = [sweep("low", "low"), sweep("medium", "medium"), sweep("high", "high")]
    .map((step) =>
      step.replace("'*.bad'", `'*.$(basename "$0")'`).replace("    fix:", "    independent: true\n    fix:"),
    )
    .map((step, at) => step.replace(`'*.$(basename "$0")'`, `'*.${["low", "medium", "high"][at]}'`));
  const manual = `  - id: manual
    independent: true
    detect: { run: '[ -e "$dir/done" ] || echo loose' }
    fix: { risk: low, manual: Plug it in }
`;
  const files = { "a/x.low": "", "a/x.medium": "", "a/x.high": "" };

  test.each([
    [["--approve", "low"], "fixed", "waiting", "waiting"],
    [["-y"], "fixed", "fixed", "waiting"],
    [["-y", "--approve", "high"], "fixed", "fixed", "fixed"],
    [["--approve", "none"], "waiting", "waiting", "waiting"],
  ])("%j", async (wish, low, medium, high) => {
    await using shop = await localJob(steps.join("") + manual, { files });
    const { exit, out } = await shop.run(...job, ...wish);
    expect(exit).toBe(3);
    const outcomes = Object.entries(verdictsOf(out)).map(([step, said]) => [step, said.split(":")[0]]);
    // What a person must do is never taken as done, whatever was approved.
    expect(Object.fromEntries(outcomes)).toEqual({
      "a low": low,
      "a medium": medium,
      "a high": high,
      "a manual": "waiting",
    });
  });
});

describe("steps of one host", () => {
  const files = { "a/x.bad": "", "a/y.bad": "" };
  const three = sweep("one") + sweep("two").replace("*.bad", "*.two") + sweep("three").replace("*.bad", "*.three");
  const all = { "a/x.bad": "", "a/x.two": "", "a/x.three": "" };

  test("--step fixes only its own; the others are detected, before and after it", async () => {
    await using shop = await localJob(three.replaceAll("    verify", "    independent: true\n    verify"), {
      files: all,
    });
    const { exit, out } = await shop.run(...job, "-y", "--step", "two");
    expect(exit).toBe(2);
    expect(verdictsOf(out)).toEqual({
      "a one": "found: not among the steps to fix",
      "a two": "fixed",
      "a three": "found: not among the steps to fix",
    });
    expect(await readdir(join(shop.directory, "a"))).toEqual(["here", "x.bad", "x.three"]);
  });

  test("what is not settled blocks the fixes of later steps, never their look, and not what is independent", async () => {
    const failing = `  - id: broken
    detect: { run: echo bad }
    fix: { risk: low, guard: 'echo "in use by somebody"; exit 1', run: "true" }
`;
    const steps =
      failing +
      sweep("later") +
      sweep("free").replace("    fix:", "    independent: true\n    fix:").replace("*.bad", "*.free");
    await using shop = await localJob(steps, { files: { ...files, "a/x.free": "" } });
    const { exit, out } = await shop.run(...job, "-y");
    expect(exit).toBe(2);
    expect(verdictsOf(out)).toEqual({
      "a broken": "found: deferred: in use by somebody",
      "a later": "found: not fixed, since broken is found",
      "a free": "fixed",
    });
    expect(await readdir(join(shop.directory, "a"))).toEqual(["here", "x.bad", "y.bad"]);
  });

  test("the first finding whose fix fails ends the step", async () => {
    const step = sweep("sweep", "low").replace(
      `rm -- "$dir/$file"`,
      `[ "$file" != ./x.bad ] || exit 4; rm -- "$dir/$file"`,
    );
    await using shop = await localJob(step, { files });
    const { exit, out } = await shop.run(...job, "-y");
    expect(exit).toBe(1);
    expect(verdictsOf(out)).toEqual({ "a sweep": "failed: the fix exited 4" });
    expect(await readdir(join(shop.directory, "a"))).toEqual(["here", "x.bad", "y.bad"]);
  });
});

/** A step that counts its looks. */
const look = (id: string, body: string): string => `  - id: ${id}
    detect:
      run: |
        n=$(cat "$dir/${id}" 2>/dev/null || echo 0); n=$((n + 1)); echo $n >"$dir/${id}"
        ${body}
      confirm: { times: 3, every: 100ms }
`;

test("a finding must be there as often as it says; one that comes and goes is clear", async () => {
  await using shop = await localJob(look("steady", "echo bad") + look("passing", '[ "$n" = 3 ] || echo bad'));
  const { exit, out } = await shop.run(...job);
  expect(exit).toBe(2);
  expect(verdictsOf(out)).toEqual({ "a steady": "found: there is no fix for it", "a passing": "clear" });
});
