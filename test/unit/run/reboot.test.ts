import { expect, test } from "vitest";
import { hostVerdict } from "../../../src/engine/outcome.ts";
import { exited, play, runbookOf } from "../../kit/stage.ts";

const RUNBOOK = `
name: boots
title: A reboot is required
inputs: { want: { type: string, default: "6.2" } }
rollout: { batches: [100%], max_unknown: 100% }
steps:
  - id: only
    detect: { run: "echo detect-only" }
    fix: { risk: low, reboot: KIND, timeout: 1s }
`;

/** A stand-in for hosts: the order ends the login in which it came, and the next one is of another boot. */
async function boot(kind: string, hosts: readonly string[], kernel = "6.2", want = "6.2") {
  const orders: string[] = [];
  const onRecord: string[] = [];
  let before: readonly string[] = [];
  const { state } = await play({
    loaded: runbookOf(RUNBOOK.replace("KIND", kind)),
    hosts,
    machine: () => "m",
    options: { inputs: new Map([["want", want]]) },
    onEntry: ({ event }) => void onRecord.push(JSON.stringify(event)),
    // The look, the kernel, and the order.
    lives: (host, login) => (host === "h1" && login === 1 ? 3 : Number.POSITIVE_INFINITY),
    answer: (host, script) => {
      if (script.text.includes("systemctl reboot")) {
        orders.push(host);
        before = [...onRecord];
        return exited(0);
      }
      if (script.text.includes("uname -r")) return exited(0, orders.length > 0 ? `${kernel}\n` : "6.1\n");
      return exited(0, orders.length > 0 ? "" : "a reboot is required\n");
    },
  });
  return { orders, before, onRecord, outcomes: [...state.hosts.values()].map((host) => hostVerdict(host)) };
}

test("one machine under two names is rebooted once, and the other name is looked at again", async () => {
  const { orders, outcomes } = await boot("true", ["h1", "h2"]);
  expect(orders).toEqual(["h1"]);
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(["fixed", "clear"]);
});

test("the order and the kernel that ran are on record before the host is told, and are not repeated", async () => {
  const { before, onRecord } = await boot("true", ["h1"]);
  const order = { type: "fix-started", host: "h1", step: "only", key: null, kernel: "6.1" };
  expect(JSON.parse(before.at(-1) ?? "")).toMatchObject(order);
  expect(onRecord.filter((event) => event.includes("fix-started"))).toHaveLength(1);
  expect(onRecord.findLast((event) => event.includes("rebooted"))).toContain('"kernelBefore":"6.1","kernel":"6.2"');
});

test("a kernel that is wanted and not named puts the reboot off, and does not pass for any", async () => {
  const { orders, outcomes } = await boot("{ kernel: want }", ["h1"], "6.2", " ");
  expect(orders).toEqual([]);
  expect(outcomes).toMatchObject([{ outcome: "found", reason: "deferred: $want is empty, and is to name the kernel" }]);
});

test("the kernel that is wanted is compared whole", async () => {
  const { orders, outcomes } = await boot("{ kernel: want }", ["h1"], "6.20");
  expect(orders).toEqual(["h1"]);
  expect(outcomes).toMatchObject([
    { outcome: "failed", reason: expect.stringContaining("kernel 6.1 → 6.20, and 6.2 is wanted") },
  ]);
});
