import * as fc from "fast-check";
import { digestOf } from "../../src/engine/digest.ts";
import { fold } from "../../src/engine/evolve.ts";
import type { Entry, Event } from "../../src/model/event.ts";
import { plain } from "../../src/model/secret.ts";
import type { Output } from "../../src/model/output.ts";
import { DAWN, diskFinding, diskRunbook, Story } from "./story.ts";

/** What a host might print to change a terminal, a page or a file that shows it. */
export const HOSTILE: Readonly<Record<string, string>> = {
  "colours and cursor": "\x1b[31mred\x1b[0m\x1b[2J\x1b[1;1H\x1b]0;title\x07",
  "an OSC 8 link": "\x1b]8;;javascript:alert(1)\x1b\\click\x1b]8;;\x1b\\",
  "C1 controls": "a\x9b31mb\x85c\x90d",
  "text that turns": "safe\u202egnp.exe\u2066\u200f\u2069",
  "what nobody sees": "a\u200b\u2060\ufeff\u00ad\u{e0041}b",
  NULs: "a\0b\0\0",
  "bytes that are not UTF-8": "caf\udce9 \udc80\udcff",
  "half characters": "\ud800 \udfff",
  "what is no character": "\ufffe\uffff\u{1ffff}",
  "line separators": "a\u2028b\u2029c\r\nd\re",
  "piled marks": `Z${"\u0301".repeat(50)}`,
  "a script": "<script>alert(1)</script>",
  "an end of everything": "</pre></style></script></title></textarea>--><script>alert(1)</script>",
  "an image": '"><img src=x onerror=alert(1)><svg onload=alert(1)>',
  "a quote": "' onmouseover='alert(1)' x='\" autofocus onfocus=\"alert(1)",
  "a link": '<a href="javascript:alert(1)">javascript:alert(1)</a> [x](javascript:alert(1))',
  "a page elsewhere": '<meta http-equiv="refresh" content="0;url=http://192.0.2.1/"><base href="http://192.0.2.1/">',
  "a frame": '<iframe src="http://192.0.2.1/"></iframe><link rel=stylesheet href="http://192.0.2.1/a.css">',
  "an end of CDATA": "]]>]]&gt;<![CDATA[x]]>",
  entities: "&lt;script&gt; &#60;b&#62; &amp;amp; &nosuch; <!ENTITY x SYSTEM 'file:///etc/passwd'>&x;",
  "a comment": "<!-- --!> <? php ?> <!DOCTYPE x>",
  "a template": "${alert(1)} {{7*7}} `x`",
  "a line of a megabyte": "A".repeat(1_000_000),
};

/** Pieces of the above in any order, between letters. */
export const hostileText: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.constantFrom(...Object.values(HOSTILE).filter((text) => text.length < 1000)),
      fc.constantFrom("<", ">", '"', "'", "&", "\n", "\t", "]]", ";", "=", "/", "\\"),
      fc.string({ unit: "binary", maxLength: 8 }),
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((parts) => `x${parts.join("")}x`);

/** A run in which every text that can come from a host, a person or a file is this one. */
export function runSaying(text: string): Entry[] {
  const loaded = diskRunbook();
  const story = new Story(loaded, ["xen1", "xen2", "xen3", "xen4"]);
  const [first] = story.entries;
  if (first?.event.type !== "run-started") throw new Error("a story begins with run-started");
  const event: Event = {
    ...first.event,
    plan: {
      ...first.event.plan,
      hosts: ["xen1", "xen2", "xen3", `xen4 ${text}`],
      inventory: text,
      by: text,
      machine: text,
      facts: ["kernel"],
      inputs: { mount: text, most: text },
      groups: { [text]: ["xen1"] },
      runbook: { ...first.event.plan.runbook, title: text, path: text },
      steps: first.event.plan.steps.map((step) => ({
        ...step,
        title: text,
        fix: step.fix && { ...step.fix, summary: text },
      })),
      waivers: [{ host: "xen1", step: "release-log", key: text, until: DAWN, by: text, reason: text }],
      policies: [{ source: text, signers: text, rules: [RULE(text)] }],
      source: { text: loaded.text, functions: text, files: [text] },
    },
  };
  const entries: Entry[] = [{ ...first, event }];
  for (const told of events(text)) {
    const made = typeof told === "function" ? told(digestIn(entries)) : told;
    entries.push({ run: "r1", seq: entries.length + 1, at: DAWN + entries.length * 1000, event: made });
  }
  return entries;
}

const RULE = (text: string) => ({
  name: text,
  where: text,
  steps: null,
  risks: null,
  on: null,
  hosts: null,
  when: null,
  approve: "ask" as const,
  approvers: 1,
  notRequester: false,
  signed: false,
  expires: null,
  maxHosts: null,
  reason: text,
});

function events(text: string): (Event | ((digest: string) => Event))[] {
  const at = { host: "xen1", step: "release-log" };
  const output: Output = { head: plain(text), tail: plain(text), omitted: 5 };
  const finding = diskFinding(1, { path: text, started: text });
  const decider = { by: text, machine: text, signature: { principal: text, key: text, text } };
  return [
    { type: "reached", host: "xen1", machineId: "m", bootId: "b", ms: 10 },
    { type: "facts-read", host: "xen1", facts: { kernel: text } },
    { type: "unreachable", host: "xen2", fault: { kind: "unreachable", message: text, hint: text } },
    { type: "undetermined", host: "xen3", step: null, reason: text, output },
    { type: "undetermined", host: `xen4 ${text}`, step: "release-log", reason: text, output },
    { type: "detected", ...at, findings: [finding], ms: 10 },
    { type: "previewed", ...at, output, failed: text },
    (digest) => ({ type: "asked", ...at, digest }),
    (digest) => ({ type: "endorsed", ...at, digest, reason: text, ...decider }),
    (digest) => ({ type: "approved", ...at, digest, reason: text, ...decider }),
    { type: "approval-voided", ...at, reason: text },
    (digest) => ({ type: "approved", ...at, digest, reason: text, ...decider }),
    { type: "admitted", host: "xen1", batch: 1 },
    { type: "deferred", ...at, reason: text },
    { type: "fix-started", ...at, key: finding.key },
    { type: "fix-finished", ...at, key: finding.key, exit: 3, stdout: output, stderr: output, ms: 10 },
    { type: "verify-failed", ...at, reason: text, looks: 1, ms: 10 },
    { type: "rollback-started", ...at },
    { type: "rollback-lost", ...at, reason: text },
    { type: "host-skipped", host: "xen2", by: text, reason: text },
    { type: "step-ended", ...at, outcome: "in-doubt", reason: text },
    { type: "stop-requested", by: text },
    { type: "run-ended", exit: 1, outcome: "in-doubt" },
  ];
}

function digestIn(entries: readonly Entry[]): string {
  const state = fold(entries);
  const host = state?.hosts.get("xen1");
  const step = host?.steps[0];
  if (state === null || host === undefined || step === undefined) throw new Error("no xen1");
  return digestOf(state, host, step);
}
