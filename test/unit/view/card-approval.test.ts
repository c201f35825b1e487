import { expect, test } from "vitest";
import type { PlannedRule } from "../../../src/model/policy.ts";
import type { RunPlan } from "../../../src/model/plan.ts";
import { cardOf, type Card } from "../../../src/view/card.ts";
import { policyWith, ruleWith } from "../../kit/policies.ts";
import { diskFinding, diskRunbook, Story } from "../../kit/story.ts";

const STEP = "release-log";
const MINUTE = 60_000;

function fourEyes(parts: Partial<PlannedRule>): PlannedRule {
  return ruleWith({ name: "four-eyes", where: "policy.yml:12", ...parts });
}

function storyWith(plan: Partial<RunPlan>, hosts = ["web1"]): Story {
  const story = new Story(diskRunbook(), hosts, { plan });
  for (const host of hosts) story.asks(host, [diskFinding(1)]);
  return story;
}

function cardFrom(story: Story, now?: number): Card {
  const clock = now === undefined ? {} : { now };
  return cardOf({ state: story.state, host: "web1", step: STEP, loaded: story.loaded, ...clock });
}

function digest(story: Story): string {
  return story.state.hosts.get("web1")?.steps[0]?.asked?.digest ?? "";
}

test("without a policy one person approves, and no rule is named", () => {
  const card = cardFrom(storyWith({}));
  expect([card.approval, card.policy]).toEqual(["one person; counts for 1 h", ""]);
});

test("a policy's wishes are told with its rule, and whose yes there is", () => {
  const rule = fourEyes({ approvers: 2, notRequester: true, expires: 1800, reason: "production" });
  const story = storyWith({
    policies: [
      { ...policyWith(rule), signers: "/etc/allowed_signers" },
      { ...policyWith(), source: "site.yml" },
    ],
  });
  expect(cardFrom(story).approval).toBe(
    "2 different people, signed, not by ada, who started the run; counts for 30 min",
  );
  expect(cardFrom(storyWith({ policies: [policyWith(rule)] })).approval).toBe(
    "2 different people, signed, not by ada, who started the run, and no policy names the allowed_signers that tell who signed; counts for 30 min",
  );
  expect(cardFrom(story).policy).toBe("four-eyes (policy.yml:12): production; no rule of site.yml matches, so it asks");
  const signature = { principal: "bob@example.org", key: "SHA256:b", text: "…" };
  story.tell({ type: "endorsed", host: "web1", step: STEP, digest: digest(story), by: "bob", signature });
  expect(cardFrom(story, story.state.at + MINUTE).approval).toBe(
    "2 different people, signed, not by ada, who started the run; " +
      "yes so far: bob@example.org (1 min ago), and 1 more needed; counts for 30 min",
  );
});

test("where a policy denies the fix before an approval expires, the card says when, and which", () => {
  const late = fourEyes({ name: "hours", approve: "deny", reason: "outside its hours", since: 12 * MINUTE });
  const story = storyWith({ policies: [policyWith(late, ruleWith({ approve: "ask" }))] });
  expect(cardFrom(story, 0).approval).toBe(
    "one person; counts for 12 min, then policy: hours (policy.yml:12) denies it: outside its hours",
  );
});

test("an approval says who gave it and how long it still counts", () => {
  const story = storyWith({});
  story.tell({ type: "approved", host: "web1", step: STEP, digest: digest(story), by: "grace" });
  const at = story.state.at;
  expect(cardFrom(story, at + 3 * MINUTE).approval).toBe("given by grace, 3 min ago; counts for 57 min more");
  expect(cardFrom(story, at + 61 * MINUTE).approval).toBe("given by grace, 1 h 1 min ago; has expired");
});

test("a rule that denies by now stands on top of the card", () => {
  const story = storyWith({ policies: [policyWith(fourEyes({ approve: "deny", reason: "freeze" }))] });
  expect(cardFrom(story).against).toContainEqual({
    weight: "warning",
    text: "it would not start now: policy: four-eyes (policy.yml:12) denies it: freeze",
  });
  expect(cardFrom(story).approval).toBe("denied by the policy");
});

test("a rule whose number of hosts is used up stands there too", () => {
  const story = storyWith({ policies: [policyWith(fourEyes({ maxHosts: 1 }))] }, ["web1", "web2"]);
  expect(cardFrom(story).against).toEqual([]);
  story.tell({ type: "approved", host: "web2", step: STEP, digest: "d", by: "grace" });
  expect(cardFrom(story).against.map(({ text }) => text)).toEqual([
    "it would not start now: policy: four-eyes (policy.yml:12) allows at most 1 host in one run",
  ]);
});

test("what another run has asked is decided there", () => {
  const story = storyWith({});
  const at = { host: "web1", step: STEP };
  story.tell({ type: "asked-elsewhere", ...at, digest: digest(story), inRun: "r0" });
  expect(cardFrom(story).approval).toBe("asked in run r0: decide there");
});

test("waived findings are put aside with whose word it was, and until when", () => {
  const story = new Story(diskRunbook(), ["web1"]);
  story.asks("web1", [diskFinding(1), diskFinding(2), diskFinding(3)]);
  story.tell({
    type: "waived",
    host: "web1",
    step: STEP,
    keys: [diskFinding(1).key, diskFinding(2).key],
    until: Date.UTC(2026, 11, 1),
    by: "bob",
    reason: "moves next week",
  });
  story.asksAgain("web1");
  const card = cardFrom(story);
  expect(card.waived).toBe("2 findings put aside until 2026-12-01 00:00:00 UTC by bob: moves next week");
  expect(card.evidence.rows.map(([pid]) => pid)).toEqual(["3"]);
});

test("the groups of a host are told by name, and while the run is paused nothing begins", () => {
  const story = storyWith({ groups: { web: ["web1", "web2"], prod: ["web1"], ungrouped: ["web1"] } }, ["web1", "web2"]);
  expect(cardFrom(story).groups).toEqual(["prod", "web"]);
  const many = Array.from({ length: 30 }, (_, at): [string, string[]] => [`g${at + 10}`, ["web1"]]);
  expect(cardFrom(storyWith({ groups: Object.fromEntries(many) })).groups.slice(6)).toEqual(["g16", "g17", "22 more"]);
  story.tell({ type: "paused", by: "grace" });
  expect(cardFrom(story).rollout).toMatch(
    /^if approved now, this host begins when the run goes on, which grace has paused;/,
  );
});
