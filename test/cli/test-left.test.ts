import { expect, test } from "vitest";
import { workshop } from "../kit/workshop.ts";

test("reads what is left on the host as its scripts would, and a host of processes alone is one", async () => {
  const runbook = `
name: traces
title: It leaves something
applies: exit 3
steps:
  - id: look
    detect: { run: "[ -e /done ] || cat /proc/101/comm" }
    fix: { risk: low, run: ln -s /etc/passwd /etc/led; mkdir /there; touch /done }
`;
  const cases = `
shells: [dash]
processes: { 101: { name: only } }
cases:
  - title: processes alone
    scripts: { applies: "" }
    expect: { look: { outcome: found, findings: [only] } }
  - title: what stays
    scripts: { applies: "" }
    files: { /etc/passwd: of the host }
    fix: run
    expect: { look: { outcome: fixed, left: { /etc/led: of the host, /there: null, /done: null, /gone: "" } } }
`;
  await using shop = await workshop({ "traces.yml": runbook, "traces.cases/a.yml": cases });
  const { out, exit } = await shop.run("test", "traces.yml");
  expect(out).toContain("✓ processes alone");
  expect(out.split("\n").flatMap((line) => /left .*|(?:expected|got) .*/.exec(line)?.[0] ?? [])).toEqual([
    "left /there",
    "expected  nothing",
    "got       no file",
    "left /done",
    "expected  nothing",
    "got       ",
    "left /gone",
    "expected  ",
    "got       nothing",
  ]);
  expect(exit).toBe(2);
});
