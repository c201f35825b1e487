import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ruleOn, type Ruled } from "../../../src/engine/decision.ts";
import type { RunState } from "../../../src/engine/state.ts";
import { todo } from "../../../src/engine/todo.ts";
import type { Decision } from "../../../src/model/approval.ts";
import type { PlannedRule } from "../../../src/model/policy.ts";
import { approvedBy, AT, SICK, signedBy, yes } from "../../kit/decisions.ts";
import { policyWith, ruleWith } from "../../kit/policies.ts";
import { after, asked, denied, ended, fixStarted, planWith, reached, saw, stepOf, type Told } from "../../kit/tale.ts";

/** A run of ada's under one rule (none: no policy), in which a card is out. */
function waitingUnder(rule: Partial<PlannedRule> | null, more: readonly Told[] = []): RunState {
  const policies = rule === null ? [] : [policyWith(ruleWith(rule))];
  return after(planWith({ policies, hosts: ["host1", "host2"] }), ...SICK, ...more);
}

/** What comes of decisions one after the other, each a second after the one before: the type of its event, or why it does not count. */
function comesOf(state: RunState, ...decisions: readonly Partial<Decision>[]): string[] {
  let now = state;
  return decisions.map((parts) => {
    const ruled = ruleOn(now, yes(now, parts), now.at);
    if ("refused" in ruled) return ruled.refused;
    now = after(now, ruled.event);
    return ruled.event.type;
  });
}

function refusedOf(ruled: Ruled): string {
  return "refused" in ruled ? ruled.refused : `it counts: ${ruled.event.type}`;
}

describe("one person decides", () => {
  test("a yes makes an approval with all that is known of who gave it", () => {
    const state = waitingUnder(null);
    const decision = yes(state, { machine: "desk", decidedAt: state.at - 1000, reason: "looked at it" });
    const { verdict: _, ...rest } = decision;
    expect(ruleOn(state, decision, state.at)).toEqual({ event: { type: "approved", ...rest } });
  });

  test("a no makes a denial", () => {
    const state = waitingUnder(null);
    expect(ruleOn(state, yes(state, { verdict: "deny" }), state.at)).toEqual({
      event: { type: "denied", ...AT, digest: stepOf(state).asked?.digest, by: "bob", reason: "" },
    });
  });
});

describe("a decision does not count", () => {
  test.each([
    ["about a host of another run", [], { host: "host9" }, "step-1 on host9 is not part of this run"],
    ["about a step of another run", [], { step: "step-9" }, "step-9 on host1 is not part of this run"],
    ["about what nobody is asked", [], { host: "host2" }, "nothing is asked about it now"],
    [
      "about another card",
      [],
      { digest: "0".repeat(32) },
      "what is there now is not what was decided on; look at it again",
    ],
    ["after a denial", [denied()], {}, "it was denied by ada before"],
    ["after the end", [ended("found")], {}, "it has ended: found"],
    ["once another thing is found", [saw(["b"])], {}, "what is there now is not what was decided on; look at it again"],
  ] satisfies [string, Told[], Partial<Decision>, string][])("%s", (_, more, parts, words) => {
    const state = waitingUnder(null);
    const decision = yes(state, parts);
    const now = after(state, ...more);
    expect(refusedOf(ruleOn(now, decision, now.at))).toBe(words);
    expect(refusedOf(ruleOn(now, { ...decision, verdict: "deny" }, now.at))).toBe(words);
  });

  test("after another one, be it yes or no: the first wins, the second is told", () => {
    expect(comesOf(waitingUnder(null), { by: "bob" }, { by: "cy" })).toEqual([
      "approved",
      "it was approved by bob before",
    ]);
    expect(comesOf(waitingUnder(null), { verdict: "deny" }, { by: "cy" })).toEqual([
      "denied",
      "it was denied by bob before",
    ]);
    const begun = waitingUnder(null, []);
    const approved = after(begun, { type: "approved", ...AT, digest: yes(begun).digest, by: "bob" }, fixStarted());
    expect(refusedOf(ruleOn(approved, yes(begun, { verdict: "deny" }), approved.at))).toBe(
      "it was approved by bob before",
    );
  });

  test("when it is older than an approval lasts, by the runbook or the policy", () => {
    const state = waitingUnder({ expires: 60 });
    const given = (secondsAgo: number): string =>
      refusedOf(ruleOn(state, yes(state, { decidedAt: state.at - secondsAgo * 1000 }), state.at));
    expect(given(60)).toBe("it counts: approved");
    expect(given(61)).toBe("it was decided too long ago, and has expired");
  });

  test("when it comes from the future by more than clocks differ", () => {
    const state = waitingUnder(null);
    const given = (seconds: number): string =>
      refusedOf(ruleOn(state, yes(state, { decidedAt: state.at + seconds * 1000 }), state.at));
    expect(given(300)).toBe("it counts: approved");
    expect(given(301)).toBe("it was decided in the future: the clocks differ too much");
  });

  test("when the policy denies the fix or its hosts are used up; a no counts all the same", () => {
    const deny = waitingUnder({ name: "never", where: "p.yml:3", approve: "deny", reason: "frozen" });
    expect(comesOf(deny, {})).toEqual(["policy: never (p.yml:3) denies it: frozen"]);
    expect(comesOf(deny, { verdict: "deny" })).toEqual(["denied"]);
    const limited = waitingUnder({ name: "one", where: "p.yml:3", maxHosts: 1 });
    const second = { host: "host2", step: "step-1" };
    const full = after(limited, reached("host2"), saw(["a"], second), asked(second), approvedBy("bob"));
    const decision = yes(full, { ...second, digest: stepOf(full, second).asked?.digest ?? "" });
    expect(refusedOf(ruleOn(full, decision, full.at))).toBe("policy: one (p.yml:3) allows at most 1 host in one run");
  });
});

describe("what must be signed", () => {
  test("is a yes; a no needs no proof, since nothing happens because of it", () => {
    const words = "it needs a signature (`runbook approve --sign`)";
    expect(comesOf(waitingUnder({ signed: true }), {}, signedBy("bob"))).toEqual([words, "approved"]);
    expect(comesOf(waitingUnder({ signed: true }), { verdict: "deny" })).toEqual(["denied"]);
  });

  test("who signed is called by the name of their key: two who share one user are two", () => {
    const state = waitingUnder({ approvers: 2 });
    const one = { ...signedBy("bob@example.org"), by: "ops" };
    const two = { ...signedBy("eve@example.org"), by: "ops" };
    const said = comesOf(state, one, two, one);
    expect(said).toEqual(["endorsed", "approved", "it was approved by bob@example.org, eve@example.org before"]);
  });
});

describe("a decision that counted", () => {
  test("does not answer the same question when it is asked again", () => {
    const state = waitingUnder({});
    const decision = yes(state, { by: "bob", decidedAt: state.at });
    const first = ruleOn(state, decision, state.at);
    const again = after(state, "event" in first ? first.event : asked(), {
      type: "approval-voided",
      host: "host1",
      step: "step-1",
      reason: "expired",
    });
    const waits = after(again, asked());
    expect(refusedOf(ruleOn(waits, decision, waits.at))).toBe(
      "this very decision has counted before; it answers one question once",
    );
    expect(comesOf(waits, { by: "bob", decidedAt: waits.at })).toEqual(["approved"]);
  });
});

describe("whoever started the run", () => {
  const words = "ada started the run, and the policy wants somebody else";

  test("may approve, unless the policy wants somebody else; may deny in any case", () => {
    expect(comesOf(waitingUnder({}), { by: "ada" })).toEqual(["approved"]);
    expect(comesOf(waitingUnder({ notRequester: true }), { by: "ada" }, { by: "bob" })).toEqual([words, "approved"]);
    expect(comesOf(waitingUnder({ notRequester: true }), { by: "ada", verdict: "deny" })).toEqual(["denied"]);
  });

  test("is known by their signature as well, whatever name stands beside it", () => {
    const under = waitingUnder({ notRequester: true, signed: true });
    for (const principal of ["ada", "Ada", "ada@example.net"]) {
      expect(comesOf(under, { ...signedBy(principal), by: "bob" })).toEqual([words]);
    }
    expect(comesOf(under, signedBy("adam@example.net"))).toEqual(["approved"]);
  });
});

describe("two people", () => {
  const four = { approvers: 2 };

  test("must both say yes; the first is not enough", () => {
    expect(comesOf(waitingUnder(four), signedBy("bob"), signedBy("cy"))).toEqual(["endorsed", "approved"]);
    const state = waitingUnder(four);
    const ruled = ruleOn(state, yes(state, signedBy("bob")), state.at);
    const once = "event" in ruled ? after(state, ruled.event) : state;
    expect(todo(once, "host1", once.at)).toEqual({ kind: "wait", for: "person" });
  });

  test("are told apart by key and by name: one key under two names is one person, and so are two keys of one name", () => {
    expect(comesOf(waitingUnder(four), signedBy("bob"), signedBy("bob"))).toEqual([
      "endorsed",
      "bob has approved it already; it needs somebody else",
    ]);
    expect(comesOf(waitingUnder(four), signedBy("bob", "SHA256:k"), signedBy("cy", "SHA256:k"))).toEqual([
      "endorsed",
      "cy has approved it already; it needs somebody else",
    ]);
    expect(
      comesOf(waitingUnder(four), signedBy("bob", "SHA256:1"), signedBy("bob", "SHA256:2"), signedBy("cy")),
    ).toEqual(["endorsed", "bob has approved it already; it needs somebody else", "approved"]);
  });

  test("must sign: two names in a file that both can write prove nothing", () => {
    expect(comesOf(waitingUnder(four), { by: "bob" }, { by: "cy" })).toEqual([
      "it needs a signature (`runbook approve --sign`)",
      "it needs a signature (`runbook approve --sign`)",
    ]);
  });

  test("neither of whom may be the requester, where the policy says so", () => {
    expect(
      comesOf(waitingUnder({ ...four, notRequester: true }), signedBy("bob"), signedBy("ada"), signedBy("cy")),
    ).toEqual(["endorsed", "ada started the run, and the policy wants somebody else", "approved"]);
  });

  test("must say yes within the time that an approval lasts; who was too early may say it again", () => {
    const state = waitingUnder({ ...four, expires: 60 });
    const early = after(state, {
      type: "endorsed",
      ...AT,
      digest: yes(state).digest,
      ...signedBy("bob"),
      decidedAt: state.at - 60_000,
    });
    expect(comesOf(early, signedBy("cy"), signedBy("bob"))).toEqual(["endorsed", "approved"]);
  });

  test("must mean the same card", () => {
    const state = waitingUnder(four);
    const other = after(state, { type: "endorsed", ...AT, digest: "f".repeat(32), ...signedBy("bob") });
    expect(comesOf(other, signedBy("cy"))).toEqual(["endorsed"]);
  });

  test("one no is enough", () => {
    expect(
      comesOf(waitingUnder(four), signedBy("bob"), { ...signedBy("cy"), verdict: "deny" }, signedBy("di")),
    ).toEqual(["endorsed", "denied", "it was denied by cy before"]);
  });

  test("whoever decides, and however often: an approval never has fewer different keys and names than the policy wants", () => {
    const person = fc.record({
      principal: fc.constantFrom("ada", "bob", "cy", "di", "ada@work"),
      key: fc.constantFrom("SHA256:1", "SHA256:2", "SHA256:3", "SHA256:4"),
      signs: fc.constantFrom(true, true, true, false),
      ago: fc.constantFrom(0, 0, 0, 30, 61),
    });
    fc.assert(
      fc.property(
        fc.array(person, { maxLength: 12 }),
        fc.integer({ min: 2, max: 3 }),
        fc.boolean(),
        (people, approvers, notRequester) => {
          let state = waitingUnder({ approvers, notRequester, expires: 60 });
          for (const { principal, key, signs, ago } of people) {
            const who = signs ? signedBy(principal, key) : { by: principal };
            const ruled = ruleOn(state, yes(state, { ...who, decidedAt: state.at - ago * 1000 }), state.at);
            if ("event" in ruled) state = after(state, ruled.event);
          }
          const { approval, votes } = stepOf(state);
          fc.pre(approval !== null);
          const live = votes.filter((vote) => vote.at + 60_000 >= state.at - 1000 * people.length);
          expect(new Set(live.map((vote) => vote.signature?.key)).size).toBeGreaterThanOrEqual(approvers);
          expect(new Set(live.map((vote) => vote.signature?.principal)).size).toBeGreaterThanOrEqual(approvers);
          expect(live.filter((vote) => notRequester && vote.by === "ada")).toEqual([]);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
