import { describe, expect, test } from "vitest";
import { digestOf } from "../../../src/engine/digest.ts";
import { stillHolds } from "../../../src/engine/recheck.ts";
import type { Event } from "../../../src/model/event.ts";
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
  stepOf,
  stepWith,
  verified,
  type Told,
} from "../../kit/tale.ts";

const on = (host: string) => ({ host, step: "step-1" });
const names = ["host1", "host2", "host3"];
const plan = planWith({ hosts: names, facts: ["cluster"], steps: [stepWith({}, { oncePer: "cluster" })] });

function node(host: string, cluster: string): Told[] {
  const facts: Event = { type: "facts-read", host, facts: { cluster } };
  return [reached(host), facts, saw(["a"], on(host))];
}

/** Two nodes of one cluster and one of another, all with the same problem. */
const found = after(plan, ...node("host1", "red"), ...node("host2", "red"), ...node("host3", "blue"));
const asking = after(found, asked(on("host1")));
const over = (reason: string): object => ({ kind: "settle", ...on("host2"), outcome: "found", reason });

describe("of the nodes of a cluster", () => {
  test("one is asked about, the others wait, and other clusters go on", () => {
    expect(next(found)).toMatchObject({ kind: "ask" });
    expect(next(asking, "host2")).toEqual({ kind: "wait", for: "peer" });
    expect(next(asking, "host3")).toMatchObject({ kind: "ask" });
  });

  test("two are never asked about at the same moment", () => {
    const digest = digestOf(found, hostOf(found, "host2"), stepOf(found, on("host2")));
    const ask: Event = { type: "asked", ...on("host2"), digest };
    expect(stillHolds(found, ask, found.at)).toBe(true);
    expect(stillHolds(asking, ask, asking.at)).toBe(false);
  });

  const fixing = after(asking, approved(on("host1")), admitted("host1"), fixStarted(null, on("host1")));

  test("the others look again once it is done, and are clear or not fixed a second time", () => {
    const done = after(
      fixing,
      fixFinished(0, null, on("host1")),
      verified(on("host1")),
      ended("fixed", "", on("host1")),
    );
    expect(next(done, "host2")).toEqual({ kind: "detect", ...on("host2") });
    expect(next(after(done, saw([], on("host2"))), "host2")).toMatchObject({ outcome: "clear" });
    expect(next(after(done, saw(["a"], on("host2"))), "host2")).toEqual(
      over("host1 has done it for red, and it is still found here"),
    );
  });

  test("none tries again what failed, and a no is for all of them", () => {
    const failed = after(fixing, fixFinished(1, null, on("host1")), ended("failed", "", on("host1")));
    expect(next(failed, "host2")).toEqual(over("host1 tried it for red: failed"));
    const no = after(asking, { ...denied("later", on("host1")) }, ended("found", "denied", on("host1")));
    expect(next(no, "host2")).toEqual(over("denied by ada for red, on host1"));
  });

  test("the next one takes over what the first did not begin", () => {
    const put = after(
      asking,
      { type: "deferred", ...on("host1"), reason: "busy" },
      ended("found", "deferred", on("host1")),
    );
    expect(next(put, "host2")).toMatchObject({ kind: "ask" });
  });
});

test("a host whose fact is empty is nobody's peer", () => {
  const alone = after(plan, ...node("host1", ""), ...node("host2", ""), asked(on("host1")));
  expect(next(alone, "host2")).toMatchObject({ kind: "ask" });
});
