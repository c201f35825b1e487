import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { localJob, verdictsOf } from "../kit/shelf.ts";
import type { Ran, Workshop } from "../kit/workshop.ts";

/** Finds a file `bad`, and removes it unless the host is stuck. A host that is blind cannot tell. */
const STEPS = `  - id: mend
    detect: { run: '[ ! -e "$dir/blind" ] || exit 3; [ ! -e "$dir/bad" ] || echo bad' }
    fix: { risk: low, run: '[ ! -e "$dir/stuck" ] && rm -- "$dir/bad"' }
    verify: { within: 1s, every: 200ms }
`;
const HOSTS = ["blind", "fine", "found", "stuck", "well"];

let shop: Workshop;
/** The run that is to be tried again. */
let first: string;
let verdicts: Readonly<Record<string, string>>;
beforeAll(async () => {
  shop = await localJob(`${STEPS}rollout: { batches: [1], max_failures: 10, max_unknown: 100% }\n`, { hosts: HOSTS });
  await shop.write(
    "policy.yml",
    "rules:\n  - { name: not-there, hosts: found, approve: deny }\n  - { name: rest, approve: auto }\n",
  );
  for (const file of ["blind/blind", "found/bad", "stuck/bad", "stuck/stuck", "well/bad"]) await shop.write(file, "");
  const { out } = await run("-y");
  verdicts = verdictsOf(out);
  first = String(JSON.parse(out.split("\n", 1)[0] ?? "").run);
});
afterAll(() => shop[Symbol.asyncDispose]());

const run = (...options: readonly string[]): Promise<Ran> =>
  shop.run("run", "job", "-i", "hosts.yml", "--json", ...options);

test("only the hosts that failed or were unknown are tried again, whatever the pattern of the runbook", async () => {
  expect(verdicts).toMatchObject({
    "blind mend": expect.stringContaining("unknown"),
    "fine mend": "clear",
    "found mend": expect.stringContaining("denies it"),
    "stuck mend": expect.stringContaining("failed"),
    "well mend": "fixed",
  });
  const again = await run("-n", "--retry", first.slice(0, -1));
  expect(Object.keys(verdictsOf(again.out))).toEqual(["blind mend", "stuck mend"]);
  const limited = await run("-n", "--retry", first, "--limit", "stuck:fine");
  expect(Object.keys(verdictsOf(limited.out))).toEqual(["stuck mend"]);
});

test("a limit that leaves nothing of them is refused, and so is a run of something else or that is not there", async () => {
  const none = await run("--retry", first, "--limit", "well");
  expect({ exit: none.exit, err: none.err }).toEqual({
    exit: 64,
    err: expect.stringContaining(
      `none of the hosts that run ${first} left to be tried again is selected: blind, stuck`,
    ),
  });
  await shop.write("runbooks/other.yml", "name: other\ntitle: Other\nsteps:\n  - { id: a, detect: { run: 'true' } }\n");
  const other = await shop.run("run", "other", "-i", "hosts.yml", "--retry", first);
  expect({ exit: other.exit, err: other.err }).toEqual({
    exit: 64,
    err: expect.stringContaining(`run ${first} was one of job, not of other`),
  });
  const nowhere = await run("--retry", "nope");
  expect({ exit: nowhere.exit, err: nowhere.err }).toEqual({ exit: 64, err: expect.stringContaining("no run `nope`") });
});

test("hosts that the inventory has no longer are told, and the others tried", async () => {
  const list = await shop.run(
    "run",
    "job",
    "-i",
    "stuck,",
    "--json",
    "-n",
    "--retry",
    first,
    "--input",
    "dir=/nowhere",
  );
  expect(list.err).toContain(`1 host of run ${first} is not in the inventory: blind`);
  expect(list.out).toContain('"hosts":["stuck"]');
});

test("once nothing is left of a run it is told, and the exit code says what else that run left", async () => {
  await Promise.all(["blind/blind", "stuck/stuck"].map((file) => rm(join(shop.directory, file))));
  const again = await run("-y", "--retry", first);
  expect({ exit: again.exit, ...verdictsOf(again.out) }).toEqual({
    exit: 0,
    "blind mend": "clear",
    "stuck mend": "fixed",
  });
  const nothing = await run("-y", "--retry", "last");
  expect(nothing).toEqual({ exit: 0, out: "", err: expect.stringContaining("nothing is left to be tried again") });
  const whole = await run("-n", "-l", "found");
  expect(whole.exit).toBe(2);
  expect(await run("--retry", "last")).toMatchObject({ exit: 2, out: "" });
});

test("a run that is still at work is not tried again", async () => {
  await using busy = await localJob(
    `  - id: wait\n    detect: { run: 'while [ ! -e "$dir/go" ]; do sleep 0.1; done' }\n`,
  );
  const running = busy.start("run", "job", "-i", "hosts.yml", "--json");
  await running.seen('"reached"');
  const again = await busy.run("run", "job", "-i", "hosts.yml", "--retry", "last");
  expect({ exit: again.exit, err: again.err }).toEqual({ exit: 64, err: expect.stringContaining("is still at work") });
  await busy.write("a/go", "");
  expect((await running.ended).exit).toBe(0);
});
