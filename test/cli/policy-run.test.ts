import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { entriesOf, hostsOf, localJob, sweep, verdictsOf } from "../kit/shelf.ts";
import type { Ran, Workshop } from "../kit/workshop.ts";

const ALL = ["a", "b", "c"];

/** Three hosts with a bad file each, and a policy beside them. */
async function shopWith(policy: string, steps = sweep()): Promise<Workshop> {
  const shop = await localJob(steps, { hosts: ALL });
  await shop.write("policy.yml", policy);
  for (const host of ALL) await shop.write(`${host}/x.bad`, "");
  return shop;
}

function job(shop: Workshop, ...more: readonly string[]): Promise<Ran> {
  return shop.run("run", "job", "-i", "hosts.yml", "--json", ...more);
}

/** The hosts whose bad file is still there. */
function sick(shop: Workshop): string[] {
  return ALL.filter((host) => existsSync(join(shop.directory, host, "x.bad")));
}

const rules = (...lines: readonly string[]): string => `rules:\n${lines.map((line) => `  - { ${line} }\n`).join("")}`;

describe("a run under a policy", () => {
  test("denies what the policy denies, whatever the command line allows, with the rule's words", async () => {
    await using shop = await shopWith(
      rules("name: freeze, hosts: 'a:b', approve: deny, reason: release week", "approve: auto"),
    );
    const { exit, out } = await job(shop, "--approve", "high");
    expect(exit).toBe(2);
    expect(verdictsOf(out)).toEqual({
      "a sweep": "found: policy: freeze (policy.yml:2) denies it: release week",
      "b sweep": "found: policy: freeze (policy.yml:2) denies it: release week",
      "c sweep": "fixed",
    });
    expect(sick(shop)).toEqual(["a", "b"]);
  });

  test("asks where the policy asks, though the command line would not; and where the command line asks, though the policy would not", async () => {
    await using shop = await shopWith(rules("approve: ask"));
    const asked = await job(shop, "--approve", "high");
    expect(asked.exit).toBe(3);
    expect(hostsOf(asked.out)).toEqual({ a: "waiting", b: "waiting", c: "waiting" });
    await using other = await shopWith(rules("approve: auto"));
    expect((await job(other)).exit).toBe(3);
    expect([...sick(shop), ...sick(other)]).toEqual([...ALL, ...ALL]);
  });

  test("adds up what --policy, $RUNBOOK_POLICY and ./policy.yml say", async () => {
    await using shop = await shopWith(rules("hosts: a, approve: deny", "approve: auto"));
    await shop.write("b.yml", rules("hosts: b, approve: deny", "approve: auto"));
    await shop.write("c.yml", rules("hosts: c, approve: ask", "approve: auto"));
    const argv = ["run", "job", "-i", "hosts.yml", "-y", "--json", "--policy", "b.yml"];
    const { exit, out } = await shop.runWith({ RUNBOOK_POLICY: "c.yml" }, ...argv);
    expect(exit).toBe(3);
    expect(hostsOf(out)).toEqual({ a: "found", b: "found", c: "waiting" });
    const [first] = entriesOf(out);
    expect(first?.event).toMatchObject({
      type: "run-started",
      plan: { policies: [{ source: "b.yml" }, { source: "c.yml" }, { source: "policy.yml" }] },
    });
  });

  test("fixes no more hosts than the rule says", async () => {
    await using shop = await shopWith(rules("name: few, approve: auto, max_hosts: 2"));
    const { exit, out } = await job(shop, "-y");
    expect(exit).toBe(2);
    expect(Object.values(verdictsOf(out)).toSorted()).toEqual([
      "fixed",
      "fixed",
      "found: policy: few (policy.yml:2) allows at most 2 hosts in one run",
    ]);
    expect(sick(shop)).toHaveLength(1);
  });

  test("holds at the hours of its windows", async () => {
    const halves = "[{ days: mon-sun, to: 12:00, zone: UTC }, { days: mon-sun, from: 12:00, zone: UTC }]";
    await using shop = await shopWith(rules(`when: ${halves}, approve: deny`, "approve: auto"));
    expect((await job(shop, "-y")).exit).toBe(2);
    expect(sick(shop)).toEqual(ALL);
  });

  test("leaves alone the hosts that are not on a list, and all hosts where there is no list", async () => {
    await using shop = await shopWith(rules("not_hosts: 'a:b', approve: deny", "approve: auto"));
    await job(shop, "-y");
    expect(sick(shop)).toEqual(["c"]);
    await using unlisted = await shopWith(rules("name: listed, not_hosts: managed, approve: deny", "approve: auto"));
    const { err } = await job(unlisted, "-y");
    expect(sick(unlisted)).toEqual(ALL);
    expect(err).toContain("the inventory has no group or host `managed`, which `not_hosts` of listed names");
  });

  test("runs a runbook whose digest it knows, and none that has been changed since", async () => {
    await using shop = await shopWith(rules("approve: auto"));
    const explained = await shop.run("policy", "explain", "job", "-i", "hosts.yml");
    const [, digest] = /^digest ([0-9a-f]{64})$/m.exec(explained.out) ?? [];
    await shop.write("policy.yml", rules(`not_digests: ["${digest}"], approve: deny`, "approve: auto"));
    expect((await job(shop, "-y", "-l", "a")).exit).toBe(0);
    const dir = "inputs: { dir: { type: string } }\n";
    await shop.write("runbooks/job.yml", `name: job\ntitle: Another job\n${dir}steps:\n${sweep()}`);
    expect((await job(shop, "-y")).exit).toBe(2);
    expect(sick(shop)).toEqual(["b", "c"]);
  });
});

describe("a policy that cannot be held to stops the run before it begins", () => {
  test.each([
    [
      "a mistake",
      "rules:\n  - approve: aut\n",
      'policy.yml:2:14: `approve`: expected one of auto, ask, deny, found "aut"',
    ],
    ["no text", "\0", "policy.yml:1:1: the policy cannot be used: the file is binary: it holds NUL bytes"],
    [
      "nothing to say",
      rules("runbooks: [other], approve: auto"),
      "policy.yml: none of its rules matches any fix of job",
    ],
    [
      "an unknown zone",
      rules("when: { days: mon, zone: Berlin }, approve: deny"),
      "policy.yml:2:32: there is no time zone `Berlin`",
    ],
  ])("%s", async (_, policy, words) => {
    await using shop = await shopWith(policy);
    const { exit, out, err } = await job(shop, "-y");
    expect({ exit, out }).toEqual({ exit: 65, out: "" });
    expect(err).toContain(words);
    expect(sick(shop)).toEqual(ALL);
    expect((await shop.run("history")).out).not.toContain("job");
  });

  test("one that is named and not there", async () => {
    await using shop = await shopWith(rules("approve: auto"));
    expect(await job(shop, "-y", "--policy", "gone.yml")).toMatchObject({ exit: 65, out: "" });
    const env = { RUNBOOK_POLICY: "/nowhere/policy.yml" };
    expect(await shop.runWith(env, "run", "job", "-i", "hosts.yml", "-y")).toMatchObject({ exit: 65 });
    expect(sick(shop)).toEqual(ALL);
  });
});

describe("steps that run on this machine", () => {
  const here = sweep("sweep", "low", "", "    on: controller\n");

  test("are allowed by a rule for such steps, and need --allow-controller without", async () => {
    await using shop = await shopWith(rules("on: controller, approve: auto"), here);
    expect((await job(shop, "-y")).exit).toBe(0);
    await using other = await shopWith(rules("approve: auto"), here);
    expect(await job(other, "-y")).toMatchObject({
      exit: 64,
      err: expect.stringContaining("--allow-controller allows it"),
    });
    expect(sick(other)).toEqual(ALL);
  });

  test("are denied by one, and --allow-controller does not help", async () => {
    await using shop = await shopWith(rules("name: not here, on: controller, approve: deny", "approve: auto"), here);
    expect(await job(shop, "-y", "--allow-controller")).toMatchObject({
      exit: 64,
      out: "",
      err: "job, sweep: its scripts would run on this machine; policy: not here (policy.yml:2) denies it\n",
    });
    expect(sick(shop)).toEqual(ALL);
  });
});

/** A run that waits since $RUNBOOK_POLICY asks; nothing else would. */
async function waiting(): Promise<Workshop> {
  const shop = await shopWith(rules("approve: auto"));
  await shop.write("ask.yml", rules("approve: ask"));
  const { exit } = await shop.runWith({ RUNBOOK_POLICY: "ask.yml" }, "run", "job", "-i", "hosts.yml", "-y");
  if (exit !== 3) throw new Error(`the run does not wait: ${exit}`);
  return shop;
}

describe("a run that goes on", () => {
  test("stays under the policies it began under, whoever goes on with it and with whatever $RUNBOOK_POLICY", async () => {
    await using shop = await waiting();
    expect(await shop.run("resume", "last")).toMatchObject({ exit: 3 });
    expect(sick(shop)).toEqual(ALL);
  });

  test("is under those that have come or changed since, too", async () => {
    await using shop = await waiting();
    await shop.write("policy.yml", rules("name: freeze, approve: deny"));
    const { exit, out } = await shop.run("resume", "last", "--json");
    expect(exit).toBe(2);
    expect(out).toContain("policy: freeze (policy.yml:2) denies it");
    expect(sick(shop)).toEqual(ALL);
  });

  test("does not go on where a policy is wrong by now", async () => {
    await using shop = await waiting();
    await shop.write("policy.yml", "rules: []\n");
    expect(await shop.run("resume", "last")).toMatchObject({ exit: 65 });
  });
});
