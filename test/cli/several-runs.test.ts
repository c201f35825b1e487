import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { localJob, verdictsOf } from "../kit/shelf.ts";
import type { Ran, Workshop } from "../kit/workshop.ts";

/** Removes the files `*.bad` that three runs in a row have found, however near to each other. */
const STEPS = `  - id: sweep
    detect:
      run: '[ ! -e "$dir/blind" ] || exit 3; cd "$dir"; ls | grep bad || true'
      findings: { file: string }
      confirm: { runs: 3, apart: 1ms }
    fix: { risk: low, run: 'rm -- "$dir/$file"' }
    verify: { within: 1s, every: 200ms }
`;

let shop: Workshop;
beforeAll(async () => {
  shop = await localJob(STEPS, { hosts: ["a", "b"] });
});
afterAll(() => shop[Symbol.asyncDispose]());

const run = (...options: readonly string[]): Promise<Ran> =>
  shop.run("run", "job", "-i", "hosts.yml", "--json", ...options);

test("what passes by itself is left alone, and what three runs in a row find is fixed", async () => {
  await Promise.all(["a/1.bad", "b/1.bad"].map((file) => shop.write(file, "")));
  const first = await run("-y");
  expect({ exit: first.exit, ...verdictsOf(first.out) }).toEqual({
    exit: 2,
    "a sweep": "found: seen in 1 of 3 runs",
    "b sweep": "found: seen in 1 of 3 runs",
  });
  await rm(join(shop.directory, "b/1.bad"));
  await shop.write("a/2.bad", "");
  // A dry run is a look as any other.
  const second = await run("-n");
  expect(verdictsOf(second.out)).toEqual({ "a sweep": "found: seen in 2 of 3 runs", "b sweep": "clear" });
  // A host that could not be looked at, and one that was left out, are where they were.
  await shop.write("a/blind", "");
  expect((await run("-y")).exit).toBe(4);
  await rm(join(shop.directory, "a/blind"));
  await shop.write("b/1.bad", "");
  expect(verdictsOf((await run("-y", "--limit", "b")).out)).toEqual({ "b sweep": "found: seen in 1 of 3 runs" });

  // A check is a look, too.
  const check = await shop.run("check", "job", "-i", "hosts.yml", "--json");
  expect(check.exit).toBe(2);
  await rm(join(shop.directory, "a/2.bad"));
  await shop.write("a/3.bad", "");

  const asked = await run("-l", "a");
  expect(asked.exit).toBe(3);
  const { out: cards } = await shop.run("approvals");
  expect(cards).toMatch(
    /runs +found by 3 runs in a row, the first .* ago; 1 more finding in 1 of 3 runs so far, and left alone/,
  );
  expect(cards).not.toContain("3.bad");

  const fixed = await run("-y");
  expect({ exit: fixed.exit, ...verdictsOf(fixed.out) }).toEqual({
    exit: 2,
    "a sweep": "found: seen in 2 of 3 runs",
    "b sweep": "fixed",
  });
  expect(fixed.out).toContain('"type":"verified","host":"a"');
  expect(await readdir(join(shop.directory, "a"))).toEqual(["3.bad", "here"]);
});

test("runs right after each other are one, unless the runbook says otherwise; what runs as another question is counted anew", async () => {
  await using hasty = await localJob(STEPS.replace(", apart: 1ms", "").replace("runs: 3", "runs: 2"));
  const hasten = (...options: readonly string[]): Promise<Ran> =>
    hasty.run("run", "job", "-i", "hosts.yml", "--json", "-n", ...options);
  await hasty.write("a/1.bad", "");
  await hasten();
  const near = "found: seen in 1 of 2 runs; looks less than 60 s apart count as one";
  expect(verdictsOf((await hasten()).out)).toEqual({ "a sweep": near });
  // What is not there in another place was not looked at here.
  const elsewhere = await hasten("--input", `dir=${join(hasty.directory, "runbooks")}`);
  expect(verdictsOf(elsewhere.out)).toEqual({ "a sweep": "clear" });
  expect(verdictsOf((await hasten()).out)).toEqual({ "a sweep": near });
  await hasty.write(
    "runbooks/job.yml",
    (await readFile(join(hasty.directory, "runbooks/job.yml"), "utf8")).replace("|| true", "|| :"),
  );
  expect(verdictsOf((await hasten()).out)).toEqual({ "a sweep": "found: seen in 1 of 2 runs" });
});

const SEEN = ["found: seen in 1 of 3 runs", "found: seen in 2 of 3 runs"];

test("the fires of a schedule count, those that only look as well, and a clear one begins the count anew", async () => {
  await using own = await localJob(STEPS);
  const schedule = { name: "s", runbook: "job", inventory: "hosts.yml", cron: "@hourly", approve: "low" };
  // JSON is YAML.
  await own.write("schedules.yml", JSON.stringify({ schedules: [schedule] }));
  let fires = 10;
  const fire = async (act: "run" | "detect"): Promise<unknown> => {
    const id = `261121000000-bcdf${(fires += 1)}`;
    const at = ["--nominal", "2026-11-21T00:00Z", "--run", id, "--act", act];
    return verdictsOf((await own.run("schedule", "fire", "s", ...at, "--json")).out)["a sweep"];
  };
  await own.write("a/1.bad", "");
  expect([await fire("detect"), await fire("run")]).toEqual([SEEN[0], SEEN[1]]);
  await rm(join(own.directory, "a/1.bad"));
  expect(await fire("detect")).toBe("clear");
  await own.write("a/1.bad", "");
  expect([await fire("run"), await fire("detect"), await fire("run")]).toEqual([SEEN[0], SEEN[1], "fixed"]);
  expect(await readdir(join(own.directory, "a"))).toEqual(["here"]);
});
