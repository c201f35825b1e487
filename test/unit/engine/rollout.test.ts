import { describe, expect, test } from "vitest";
import { stillHolds } from "../../../src/engine/recheck.ts";
import { gate } from "../../../src/engine/rollout.ts";
import type { RunState } from "../../../src/engine/state.ts";
import type { RunPlan } from "../../../src/model/plan.ts";
import {
  admitted,
  after,
  approved,
  asked,
  denied,
  ended,
  fixFinished,
  fixStarted,
  hostOf,
  next,
  planWith,
  reached,
  saw,
  stepWith,
  unreachable,
  verifyFailed,
  type Told,
} from "../../kit/tale.ts";

import { PLAN } from "../../kit/plans.ts";

type Rules = RunPlan["rollout"];

function fleet(size: number, rules: Partial<Rules>, steps = [stepWith({})]): RunPlan {
  const hosts = Array.from({ length: size }, (_, at) => `host${at + 1}`);
  return planWith({ hosts, steps, rollout: { ...PLAN.rollout, maxFailures: 100, ...rules } });
}

const on = (number: number) => ({ host: `host${number}`, step: "step-1" });

/** Every host of the plan is sick, and its card is out. */
function sick(plan: RunPlan): RunState {
  const told = plan.hosts.flatMap((host): Told[] => [
    reached(host),
    saw(["a"], { host, step: "step-1" }),
    asked({ host, step: "step-1" }),
  ]);
  return after(plan, ...told);
}

function gateOf(state: RunState, number: number): object {
  return gate(state, hostOf(state, `host${number}`));
}

const fixed = (number: number): Told[] => [
  fixStarted(null, on(number)),
  fixFinished(0, null, on(number)),
  ended("fixed", "", on(number)),
];

describe("batches", () => {
  test("the first hosts go alone, then as many as the shares say, and the last share holds on", () => {
    let state = sick(fleet(9, { batches: [1, "25%"] }));
    const sizes = [];
    for (const batch of [1, 2, 3, 4]) {
      const open = [...state.hosts.values()].filter((host) => host.batch === null);
      const members = [];
      for (const { host } of open) {
        const number = Number(host.slice(4));
        const passage = gate(state, hostOf(state, host));
        if (passage.kind !== "enter" || passage.batch !== batch) break;
        members.push(number);
        state = after(state, approved(on(number)), admitted(host, batch));
      }
      sizes.push(members.length);
      state = after(state, ...members.flatMap(fixed));
    }
    expect(sizes).toEqual([1, 3, 3, 2]);
  });

  const canary = sick(fleet(3, { batches: [1] }));

  test("a full batch is closed until its hosts are settled", () => {
    const busy = after(canary, approved(on(1)), admitted("host1"));
    expect(gateOf(busy, 1)).toEqual({ kind: "go" });
    expect(gateOf(busy, 2)).toEqual({ kind: "wait", for: "batch" });
    expect(gateOf(after(busy, fixStarted(null, on(1))), 2)).toEqual({ kind: "wait", for: "batch" });
    expect(gateOf(after(busy, ...fixed(1)), 2)).toEqual({ kind: "enter", batch: 2, from: 0 });
  });

  test("a host that a person keeps waiting, or was denied, blocks no batch", () => {
    const voided = { type: "approval-voided", ...on(1), reason: "changed" } as const;
    const again = after(canary, approved(on(1)), admitted("host1"), saw(["b"], on(1)), voided, asked(on(1)));
    expect(gateOf(again, 2)).toEqual({ kind: "enter", batch: 2, from: 0 });
    expect(gateOf(after(again, denied("", on(1)), ended("found", "", on(1))), 2)).toEqual({
      kind: "enter",
      batch: 2,
      from: 0,
    });
  });

  test.each([
    ["cannot be told any more", { type: "undetermined", host: "host1", step: null, reason: "facts" } as const],
    ["cannot be reached any more", unreachable("host1")],
  ])("a host in it that %s blocks no later one", (_, event) => {
    const gone = after(canary, approved(on(1)), admitted("host1"), event);
    expect(gateOf(gone, 2)).toEqual({ kind: "enter", batch: 2, from: 0 });
  });

  test("a host with one card out and another fix approved is not settled", () => {
    const steps = [stepWith({}), stepWith({ id: "step-2", independent: true })];
    const second = { host: "host1", step: "step-2" };
    const state = after(
      sick(fleet(2, { batches: [1] }, steps)),
      saw(["b"], second),
      asked(second),
      approved(second),
      admitted("host1"),
    );
    expect(gateOf(state, 2)).toEqual({ kind: "wait", for: "batch" });
  });

  test("a part of the hosts that need a fix is known once every host has been looked at or given up", () => {
    const plan = fleet(4, { batches: ["50%", 1] });
    const sickHost = (number: number): Told[] => [reached(`host${number}`), saw(["a"], on(number)), asked(on(number))];
    const some = after(plan, ...sickHost(1), ...sickHost(2));
    expect(gateOf(some, 1)).toEqual({ kind: "wait", for: "survey" });
    const most = after(some, reached("host3"), saw([], on(3)), ended("clear", "", on(3)));
    expect(gateOf(most, 1)).toEqual({ kind: "wait", for: "survey" });
    const all = after(most, unreachable("host4"));
    expect(gateOf(all, 1)).toEqual({ kind: "enter", batch: 1, from: 0 });
    expect(gateOf(after(all, approved(on(1)), admitted("host1")), 2)).toEqual({ kind: "wait", for: "batch" });
  });

  test("all of them needs no counting", () => {
    const plan = fleet(2, { batches: ["100%"] });
    expect(gateOf(after(plan, reached(), saw(["a"], on(1))), 1)).toEqual({ kind: "enter", batch: 1, from: 0 });
  });
});

describe("the time between batches", () => {
  const state = after(sick(fleet(3, { batches: [1], soak: 600 })), approved(on(1)), admitted("host1"), ...fixed(1));

  test("begins with the end of the one before", () => {
    expect(gateOf(state, 2)).toEqual({ kind: "enter", batch: 2, from: state.at + 600_000 });
  });

  test("is waited for, and nothing is admitted before", () => {
    const ready = after(state, approved(on(2)));
    const until = state.at + 600_000;
    expect(next(ready, "host2")).toEqual({ kind: "wait", for: "time", until });
    expect(stillHolds(ready, admitted("host2", 2), until - 1)).toBe(false);
    expect(stillHolds(ready, admitted("host2", 2), until)).toBe(true);
  });
});

describe("the hosts of a group", () => {
  const plan = { ...fleet(4, { groups: { yarn: 1 } }), groups: { yarn: ["host1", "host2"] } };
  const admittedAll = after(
    sick(plan),
    ...[1, 2, 3].flatMap((number): Told[] => [approved(on(number)), admitted(`host${number}`)]),
  );

  test("are fixed as many at once as the runbook says, and those of no group beside them", () => {
    const busy = after(admittedAll, fixStarted(null, on(1)));
    expect(gateOf(busy, 2)).toEqual({ kind: "wait", for: "group" });
    expect(gateOf(busy, 1)).toEqual({ kind: "go" });
    expect(gateOf(busy, 3)).toEqual({ kind: "go" });
    expect(gateOf(after(busy, fixFinished(0, null, on(1))), 2)).toEqual({ kind: "wait", for: "group" });
    expect(gateOf(after(admittedAll, ...fixed(1)), 2)).toEqual({ kind: "go" });
    expect(stillHolds(busy, fixStarted(null, on(2)), busy.at)).toBe(false);
  });
});

describe("the most hosts that may need a fix", () => {
  test("holds before the first fix: with more of them none starts", () => {
    const plan = fleet(4, { maxAffected: "50%" });
    const two = after(plan, ...[1, 2].flatMap((number) => [reached(`host${number}`), saw(["a"], on(number))]));
    expect(gateOf(two, 1)).toEqual({ kind: "wait", for: "survey" });
    const clear = after(two, ...[3, 4].flatMap((number) => [reached(`host${number}`), saw([], on(number))]));
    expect(gateOf(clear, 1)).toEqual({ kind: "enter", batch: 1, from: 0 });
    const three = after(two, reached("host3"), saw(["a"], on(3)));
    expect(gateOf(three, 1)).toEqual({ kind: "stop", reason: "3 hosts need a fix; with more than 2, none starts" });
  });

  test("does not stop what has begun", () => {
    const plan = fleet(3, { maxAffected: 1 });
    const one = after(
      plan,
      reached("host1"),
      saw(["a"], on(1)),
      unreachable("host2"),
      reached("host3"),
      saw([], on(3)),
    );
    const begun = after(one, asked(on(1)), approved(on(1)), admitted("host1"), fixStarted(null, on(1)));
    expect(gateOf(after(begun, saw(["a"], on(3))), 3)).toMatchObject({ kind: "enter" });
  });
});

describe("the budget of failures", () => {
  const started = after(sick(fleet(3, { maxFailures: 2 })), ...[1, 2, 3].map((number) => admitted(`host${number}`)));
  const begun = (number: number) => [approved(on(number)), fixStarted(null, on(number))];
  const bad: readonly (readonly [string, readonly Told[]])[] = [
    ["failed", [fixFinished(3, null, on(1))]],
    ["ended after its time", [fixFinished(null, null, on(1))]],
    ["lost", [{ type: "fix-lost", ...on(1), key: null, reason: "connection" }]],
    ["refused", [{ type: "fix-refused", ...on(1), key: null, reason: "no shell" }]],
    ["not verified", [fixFinished(0, null, on(1)), verifyFailed(on(1))]],
    ["rolled back", [fixFinished(3, null, on(1)), ended("rolled-back", "", on(1))]],
  ];

  test.each(bad)("a fix that is %s counts as soon as it is known", (_, events) => {
    const one = after(started, ...begun(1), ...events);
    expect(gateOf(one, 3)).toEqual({ kind: "go" });
    const two = after(one, ...begun(2), fixFinished(1, null, on(2)));
    expect(gateOf(two, 3)).toEqual({ kind: "stop", reason: "no new fix after 2 failed hosts" });
  });

  test("a host whose card was out is told why nothing more happens", () => {
    const state = after(
      sick(fleet(2, { maxFailures: 1 })),
      admitted("host1"),
      ...begun(1),
      fixFinished(1, null, on(1)),
    );
    const reason = "no new fix after 1 failed host";
    expect(next(state, "host2")).toEqual({ kind: "settle", ...on(2), outcome: "found", reason });
  });
});

describe("the budget of unknowns", () => {
  const plan = fleet(4, { maxUnknown: "25%" });
  const one = after(plan, reached(), saw(["a"]), asked(), approved());

  test("no fix starts while hosts that have not answered could use it up", () => {
    expect(next(one)).toEqual({ kind: "wait", for: "survey" });
    const answered = after(one, saw([], on(2)), saw([], on(3)));
    expect(next(answered)).toEqual({ kind: "admit", host: "host1", batch: 1 });
  });

  test("one too many, and nothing is fixed", () => {
    const state = after(one, saw([], on(2)), unreachable("host3"), unreachable("host4"));
    const reason = "2 of 4 hosts are unknown; at most 1 may be";
    expect(next(state)).toEqual({ kind: "settle", ...on(1), outcome: "found", reason });
  });

  test("a host that cannot be told on one step is unknown; one that does not need a step is not", () => {
    const state = after(
      one,
      { type: "not-concerned", ...on(2), reason: "no xe" },
      { type: "undetermined", ...on(3), reason: "exit 2" },
      saw([], on(4)),
    );
    expect(next(state)).toMatchObject({ kind: "admit" });
    expect(next(after(state, unreachable("host4")))).toMatchObject({ kind: "settle" });
  });
});

describe("a stop", () => {
  const stop = { type: "stop-requested", by: "ada" } as const;

  test("ends what has not begun, leaves open what a person was asked, and lets a fix that runs be verified", () => {
    const state = after(
      after(fleet(4, {}), reached(), saw(["a"]), asked(), reached("host2"), saw(["a"], on(2))),
      reached("host3"),
      saw(["a"], on(3)),
      asked(on(3)),
      approved(on(3)),
      admitted("host3"),
      fixStarted(null, on(3)),
      fixFinished(0, null, on(3)),
      stop,
    );
    expect(next(state, "host1")).toEqual({ kind: "wait", for: "person" });
    expect(next(state, "host2")).toMatchObject({ outcome: "found", reason: "stopped by ada" });
    expect(next(state, "host3")).toEqual({ kind: "verify", ...on(3) });
    expect(next(state, "host4")).toMatchObject({
      outcome: "unknown",
      reason: "stopped by ada before it was looked at",
    });
  });

  test("an approval that comes after it starts nothing", () => {
    const state = after(fleet(1, {}), reached(), saw(["a"]), asked(), stop, approved());
    expect(next(state)).toMatchObject({ kind: "settle", outcome: "found", reason: "stopped by ada" });
  });
});
