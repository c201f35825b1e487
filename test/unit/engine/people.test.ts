import { describe, expect, test } from "vitest";
import { todo } from "../../../src/engine/todo.ts";
import { openPlaces } from "../../../src/engine/rollout.ts";
import { stepVerdict } from "../../../src/engine/outcome.ts";
import { stillHolds } from "../../../src/engine/recheck.ts";
import type { Event } from "../../../src/model/event.ts";
import type { PlannedRule } from "../../../src/model/policy.ts";
import { resumeRefusal } from "../../../src/run/resume.ts";
import { PLAN } from "../../kit/plans.ts";
import { policyWith, ruleWith } from "../../kit/policies.ts";
import {
  admitted,
  after,
  approved,
  asked,
  ended,
  fixFinished,
  fixStarted,
  hostOf,
  next,
  planWith,
  reached,
  saw,
  stepOf,
  stepWith,
  unreachable,
  verified,
  type Told,
} from "../../kit/tale.ts";

const at = { host: "host1", step: "step-1" };
const settles = (outcome: string, reason = ""): object => ({ kind: "settle", ...at, outcome, reason });
const paused: Event = { type: "paused", by: "ben" };
const continued: Event = { type: "continued", by: "ben" };
const resumed: Event = { type: "run-resumed", by: "cyd", attended: false };
const stop: Event = { type: "stop-requested", by: "ben" };

function waived(keys: string[], seconds = 3600): Told {
  return (state) => ({ type: "waived", ...at, keys, until: state.at + seconds * 1000, by: "ben", reason: "known" });
}

function ruled(rule: Partial<PlannedRule>): typeof PLAN {
  return planWith({ policies: [policyWith(ruleWith({ name: "night", where: "policy.yml:3", ...rule }))] });
}

describe("a pause", () => {
  test("lets hosts be looked at and asked about, and starts no fix until the run goes on", () => {
    const state = after(PLAN, paused, reached());
    expect(next(state)).toEqual({ kind: "detect", ...at });
    const ready = after(state, saw(["a"]), asked(), approved());
    expect(next(ready)).toEqual({ kind: "wait", for: "pause" });
    expect(next(after(ready, continued))).toEqual({ kind: "admit", host: "host1", batch: 1 });
  });

  test("holds the next finding's fix back, and not the verification of what was fixed", () => {
    const plan = planWith({ steps: [stepWith({}, { per: "finding" })] });
    const state = after(plan, reached(), saw(["a", "b"]), asked(), approved(), admitted(), fixStarted("a"), paused);
    expect(next(after(state, fixFinished(0, "a")))).toEqual({ kind: "wait", for: "pause" });
    const last = after(state, fixFinished(0, "a"), continued, fixStarted("b"), paused, fixFinished(0, "b"));
    expect(next(last)).toEqual({ kind: "verify", ...at });
  });
});

describe("a waiver", () => {
  test("of everything that was found ends the step as skipped, and says who waived it, until when and why", () => {
    const state = after(PLAN, reached(), saw(["a"]), asked(), waived(["a"]));
    expect(next(state)).toEqual(settles("skipped", "waived by ben until 1970-01-01 01:16:43 UTC: known"));
    expect(stepOf(state)).toMatchObject({ findings: [], waived: [{ key: "a" }], asked: null });
  });

  test("of some of it asks again for the rest, in this look and in later ones", () => {
    const state = after(PLAN, reached(), saw(["a", "b"]), asked(), waived(["a"]));
    expect(next(state)).toMatchObject({ kind: "ask" });
    const again = after(state, asked(), saw(["a", "b"]));
    expect(stepOf(again).findings?.map(({ key }) => key)).toEqual(["b"]);
    expect(next(again)).toEqual({ kind: "wait", for: "person" });
  });

  test("of an earlier run holds until its time, and not after it", () => {
    const until = 1_000_000 + 2500;
    const plan = planWith({ waivers: [{ ...at, key: "a", until, by: "ben", reason: "known" }] });
    expect(next(after(plan, reached(), saw(["a"])))).toMatchObject({ outcome: "skipped" });
    expect(next(after(plan, reached(), reached(), saw(["a"])))).toMatchObject({ kind: "ask" });
  });
});

describe("an approval", () => {
  const ready = [reached(), saw(["a"]), asked(), approved()] as const;

  test("of a person counts for as long as the step says, and no longer", () => {
    const state = after(planWith({ steps: [stepWith({ expires: 60, fresh: 3600 })] }), ...ready, admitted());
    expect(next(state, "host1", 59)).toEqual({ kind: "fix", ...at, key: null });
    expect(next(state, "host1", 60)).toEqual({ kind: "void", ...at, reason: "the approval has expired" });
    expect(stillHolds(state, fixStarted(), state.at + 60_000)).toBe(false);
    expect(stillHolds(state, fixStarted(), state.at)).toBe(true);
  });

  test("that is voided leaves what was approved to be shown beside what is there now", () => {
    const state = after(PLAN, ...ready, saw(["b"]), {
      type: "approval-voided",
      ...at,
      reason: "what was found has changed since it was approved",
    });
    expect(stepOf(state)).toMatchObject({ voided: { findings: [{ key: "a" }] }, votes: [], approval: null });
    expect(next(state)).toMatchObject({ kind: "ask" });
  });

  test("that another run asks for is left to that run, until this one is resumed", () => {
    const state = after(PLAN, reached(), saw(["a"]));
    const ask = next(state);
    const digest = ask.kind === "ask" ? ask.digest : "";
    const elsewhere = after(state, { type: "asked-elsewhere", ...at, digest, inRun: "r0" });
    expect(next(elsewhere)).toEqual({ ...settles("waiting", "asked in run r0"), open: true });
    const over = after(elsewhere, {
      ...ended("waiting"),
      type: "step-ended",
      ...at,
      open: true,
      outcome: "waiting",
      reason: "",
    });
    expect(next(over)).toEqual({ kind: "done" });
    expect(next(after(over, resumed))).toEqual({ kind: "detect", ...at });
  });
});

describe("a policy", () => {
  test("that denies a fix ends its step as found, in the rule's words", () => {
    const state = after(ruled({ approve: "deny", reason: "not in November" }), reached(), saw(["a"]));
    expect(next(state)).toEqual(settles("found", "policy: night (policy.yml:3) denies it: not in November"));
  });

  test("asks a person where the command line would not", () => {
    const plan = { ...ruled({ approve: "ask" }), approve: "high" as const };
    expect(next(after(plan, reached(), saw(["a"])))).toMatchObject({ kind: "ask" });
    const auto = { ...ruled({ approve: "auto" }), approve: "high" as const };
    expect(next(after(auto, reached(), saw(["a"])))).toMatchObject({ kind: "approve" });
    expect(next(after(ruled({ approve: "auto" }), reached(), saw(["a"])))).toMatchObject({ kind: "ask" });
  });

  test("that opens its hours only later voids what the command line approved before", () => {
    const nobody = { ...ruled({ hosts: ["host9"] }), approve: "high" as const };
    const state = after(nobody, reached(), saw(["a"]));
    expect(
      next(after(state, { type: "approved", ...at, digest: "d", by: "--approve high", auto: true })),
    ).toMatchObject({ kind: "void" });
  });

  test("lets no more hosts be fixed than it says", () => {
    const two = { ...ruled({ maxHosts: 1 }), hosts: ["host1", "host2"] };
    const other = { host: "host2", step: "step-1" };
    const state = after(
      two,
      reached(),
      reached("host2"),
      saw(["a"]),
      saw(["a"], other),
      asked(),
      asked(other),
      approved(),
    );
    expect(next(state)).toMatchObject({ kind: "admit" });
    expect(next(state, "host2")).toEqual({
      kind: "settle",
      ...other,
      outcome: "found",
      reason: "policy: night (policy.yml:3) allows at most 1 host in one run",
    });
  });
});

describe("a resumed run", () => {
  test("takes up what a stop put off, and leaves alone what had ended", () => {
    const plan = planWith({ steps: [stepWith({}), stepWith({ id: "step-2" })] });
    const second = { host: "host1", step: "step-2" };
    const stopped = after(plan, reached(), saw([]), ended("clear"), stop);
    const put = next(stopped);
    expect(put).toMatchObject({ kind: "settle", ...second, outcome: "unknown", open: true });
    const over = after(
      stopped,
      { type: "step-ended", ...second, outcome: "unknown", reason: "stopped", open: true },
      { type: "run-ended", exit: 130, outcome: "unknown" },
      resumed,
    );
    expect(over).toMatchObject({ stop: null, ended: null, plan: { attended: false } });
    expect(next(over)).toEqual({ kind: "detect", ...second });
    expect(stepOf(over).end).toMatchObject({ outcome: "clear" });
  });

  test("keeps what a person approved, for as long as the same is found and the approval holds", () => {
    const stopped = after(PLAN, reached(), saw(["a"]), asked(), approved(), stop);
    const put = next(stopped);
    expect(put).toMatchObject({ kind: "settle", outcome: "found", open: true });
    const over = after(
      stopped,
      { type: "step-ended", ...at, outcome: "found", reason: "stopped", open: true },
      resumed,
    );
    expect(next(over)).toEqual({ kind: "detect", ...at });
    expect(next(after(over, saw(["a"])))).toEqual({ kind: "admit", host: "host1", batch: 1 });
    expect(next(after(over, saw(["a", "b"])))).toMatchObject({ kind: "void" });
    const late = over.at + (stepOf(over).plan.expires + 1) * 1000;
    expect(todo(after(over, saw(["a"])), "host1", late)).toMatchObject({
      kind: "void",
      reason: "the approval has expired",
    });
    expect(next(after(over, saw([])))).toEqual(settles("clear"));
  });

  test("calls a fix that was running in doubt, and does not repeat it", () => {
    const state = after(PLAN, reached(), saw(["a"]), asked(), approved(), admitted(), fixStarted(), resumed);
    expect(next(state)).toMatchObject({ kind: "settle", outcome: "in-doubt" });
  });

  test("goes back to a host that did not answer where a fix is in doubt or approved, as often as it is resumed", () => {
    const job: Event = { type: "fix-started", ...at, key: null, job: "runbook-job-r1.1.step-1.1.x" };
    const begun = after(PLAN, reached(), saw(["a"]), asked(), approved(), admitted(), job, resumed);
    const doubtful: Event = { type: "step-ended", ...at, outcome: "in-doubt", reason: "away", open: true };
    const over: Event = { type: "run-ended", exit: 1, outcome: "in-doubt" };
    const away = after(begun, { type: "fix-lost", ...at, key: null, reason: "away" }, doubtful, unreachable(), over);
    const again = after(away, resumed);
    expect(next(again)).toEqual({ kind: "reattach", ...at });
    // A process that dies before it has asked leaves it as it was.
    const cut = after(again, unreachable());
    expect(stepVerdict(hostOf(cut), stepOf(cut))).toMatchObject({ outcome: "in-doubt" });
    expect(resumeRefusal(after(cut, over), cut.at)).toBeNull();
    expect(next(after(cut, over, resumed))).toEqual({ kind: "reattach", ...at });

    const yes = after(PLAN, reached(), saw(["a"]), asked(), approved(), resumed, unreachable(), over);
    expect(resumeRefusal(yes, yes.at)).toBeNull();
    expect(next(after(yes, resumed))).toMatchObject({ kind: "admit" });
    const never = after(PLAN, unreachable(), over);
    expect(resumeRefusal(never, never.at)).toMatchObject({ kind: "usage" });
  });

  test("still knows how often a step was fixed before", () => {
    const state = after(PLAN, reached(), saw(["a"]), asked(), approved(), admitted(), fixStarted(), fixFinished());
    const over = after(
      state,
      verified(),
      { type: "step-ended", ...at, outcome: "fixed", reason: "", open: true },
      resumed,
    );
    expect(next(after(over, saw([])))).toEqual(settles("fixed"));
    expect(hostOf(over).batch).toBe(1);
  });
});

function step(host: string): { host: string; step: string } {
  return { host, step: "step-1" };
}

describe("places that are open", () => {
  const names = ["host1", "host2", "host3", "host4"];
  const plan = planWith({ hosts: names, rollout: { ...PLAN.rollout, batches: [1, 2], maxFailures: 1 } });
  const seen = names.flatMap((host): Told[] => [reached(host), saw(["a"], step(host)), asked(step(host))]);

  test("are those of the first batch, then those of the next once it is settled", () => {
    const state = after(plan, ...seen);
    expect(openPlaces(state)).toBe(1);
    const one = after(state, approved(step("host2")));
    expect(openPlaces(one)).toBe(0);
    const busy = after(one, admitted("host2"), fixStarted(null, step("host2")));
    expect(openPlaces(busy)).toBe(0);
    const done = after(
      busy,
      fixFinished(0, null, step("host2")),
      verified(step("host2")),
      ended("fixed", "", step("host2")),
    );
    expect(openPlaces(done)).toBe(2);
    expect(openPlaces(after(done, approved(step("host1"))))).toBe(1);
  });

  test("are none while the run is paused or stopped", () => {
    expect(openPlaces(after(plan, ...seen, paused))).toBe(0);
    expect(openPlaces(after(plan, ...seen, stop))).toBe(0);
  });
});
