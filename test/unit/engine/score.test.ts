import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { groupRating, hostRating, type Judged } from "../../../src/engine/score.ts";
import { Severity } from "../../../src/model/runbook.ts";

const step = fc.record({
  severity: fc.constantFrom(...Severity.options),
  findings: fc.oneof(fc.constant("unknown" as const), fc.nat(20)),
});
const steps = fc.array(step, { maxLength: 12 });
const fleet = fc.array(fc.array(step, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 8 });

function withOneMore(all: readonly Judged[], at: number): Judged[] {
  return all.map((one, place) =>
    place === at && one.findings !== "unknown" ? { ...one, findings: one.findings + 1 } : one,
  );
}

function found(severity: Severity, findings: number): Judged {
  return { severity, findings };
}

describe("the score of a host", () => {
  it("is what the docs say it is", () => {
    expect(hostRating([found("critical", 1)]).score).toBe(60);
    expect(hostRating([found("warning", 3), found("critical", 0)]).score).toBe(82);
    expect(hostRating([found("warning", 900)]).score).toBe(76);
    expect(hostRating([found("info", 1)]).score).toBe(98);
    expect(hostRating([found("critical", 9), found("critical", 9)]).score).toBe(0);
  });

  it("never rises when a finding is added", () => {
    fc.assert(
      fc.property(steps, fc.nat(11), (all, at) => {
        const [before, after] = [hostRating(all).score ?? 0, hostRating(withOneMore(all, at)).score ?? 0];
        expect(after).toBeLessThanOrEqual(before);
      }),
    );
  });

  it("is 100 exactly where all that could be judged is clear, and there is none where nothing was", () => {
    fc.assert(
      fc.property(steps, (all) => {
        const judged = all.filter(({ findings }) => findings !== "unknown");
        const { score } = hostRating(all);
        expect(score === null).toBe(judged.length === 0);
        expect(score === null || score === 100).toBe(judged.every(({ findings }) => findings === 0));
        expect(score ?? 0).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it("stays as it is where something more is unknown, which lowers the confidence", () => {
    fc.assert(
      fc.property(steps, fc.constantFrom(...Severity.options), (all, severity) => {
        const before = hostRating(all);
        const after = hostRating([...all, { severity, findings: "unknown" }]);
        expect(after.score).toBe(before.score);
        expect(after.confidence).toBeLessThan(100);
        expect(after.confidence ?? 0).toBeLessThanOrEqual(before.confidence ?? 100);
      }),
    );
  });
});

describe("the score of a fleet", () => {
  it("never rises when a finding is added to one of its hosts", () => {
    fc.assert(
      fc.property(fleet, fc.nat(7), fc.nat(7), (hosts, host, at) => {
        const worse = hosts.map((all, place) => (place === host ? withOneMore(all, at) : all));
        const [before, after] = [hosts, worse].map((each) => groupRating(each.map(hostRating)).score ?? 0);
        expect(after).toBeLessThanOrEqual(before ?? 0);
      }),
    );
  });

  it("is 100 only where every host with a score has 100, and no better than the mean of them", () => {
    fc.assert(
      fc.property(fleet, (hosts) => {
        const ratings = hosts.map(hostRating);
        const scores = ratings.flatMap(({ score }) => (score === null ? [] : [score]));
        const { score } = groupRating(ratings);
        expect(score === null).toBe(scores.length === 0);
        expect(score === null || score === 100).toBe(scores.every((each) => each === 100));
        const sum = scores.reduce((all, each) => all + each, 0);
        expect((score ?? 0) * scores.length).toBeLessThanOrEqual(sum);
      }),
    );
  });

  it("shows one bad host among a thousand, and is none where no host has one", () => {
    const good = hostRating([{ severity: "critical", findings: 0 }]);
    const bad = hostRating([{ severity: "critical", findings: 1 }]);
    expect(groupRating([bad, ...Array.from({ length: 999 }, () => good)]).score).toBe(79);
    const dark = hostRating([{ severity: "info", findings: "unknown" }]);
    expect(groupRating([dark])).toEqual({ score: null, confidence: 0, judged: 0, unknown: 1 });
    expect(groupRating([])).toEqual({ score: null, confidence: null, judged: 0, unknown: 0 });
  });
});
