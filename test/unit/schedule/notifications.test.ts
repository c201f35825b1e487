import { expect, test } from "vitest";
import { examineSchedules } from "../../../src/schedule/compile.ts";
import { told } from "../../kit/mistakes.ts";

const ABOVE = [
  "schedules:",
  "  - { name: a, runbook: b, inventory: 'x,', cron: '@daily', notify: [ops] }",
  "notifications:",
];

/** A file with these lines of notifications, from line 4 on. */
function examine(...lines: readonly string[]) {
  const text = [...ABOVE, ...lines.map((line) => `  ${line}`), ""].join("\n");
  return examineSchedules(text, "s.yml", Date.UTC(2026, 10, 20));
}

test("a notification has a default for everything but its name and where it goes", () => {
  const { notifications, faults, warnings } = examine(
    "- name: ops",
    "  webhook: { url: 'https://example.org/hook' }",
    "- name: night",
    "  mail: { host: mail.example.org, from: 'Runbook <runbook@example.org>', to: ops@example.org }",
    "- name: bell",
    "  command: [/usr/bin/logger, --stdin]",
  );
  expect([faults, warnings]).toEqual([[], []]);
  const all = ["found", "waiting", "fixed", "failed", "unknown", "recovered", "recurring"];
  expect(notifications).toEqual([
    {
      name: "ops",
      about: null,
      to: { kind: "webhook", url: "https://example.org/hook", format: "json", secret: null, headers: {} },
      on: all,
      limit: 30,
      where: "s.yml:4",
    },
    {
      name: "night",
      about: null,
      to: {
        kind: "mail",
        host: "mail.example.org",
        port: 587,
        tls: "starttls",
        from: "Runbook <runbook@example.org>",
        to: ["ops@example.org"],
        login: null,
      },
      on: all,
      limit: 30,
      where: "s.yml:6",
    },
    {
      name: "bell",
      about: null,
      to: { kind: "command", command: ["/usr/bin/logger", "--stdin"] },
      on: all,
      limit: 30,
      where: "s.yml:8",
    },
  ]);
});

test("a notification is read with all that it may say", () => {
  const { notifications, faults } = examine(
    "- name: ops",
    "  about: The night shift",
    "  on: [waiting, failed]",
    "  limit: 5",
    "  webhook:",
    "    url: { env: SLACK_URL }",
    "    format: slack",
    "    secret: { file: hook.key }",
    "    headers: { X-Team: storage, Authorization: { command: [pass, show, hook] } }",
    "- name: post",
    "  mail: { host: m, tls: tls, from: a@b, to: [c@d, e@f], user: u, password: { env: P } }",
  );
  expect(told(faults)).toEqual([]);
  expect(notifications).toMatchObject([
    {
      about: "The night shift",
      on: ["waiting", "failed"],
      limit: 5,
      to: {
        url: { env: "SLACK_URL" },
        format: "slack",
        secret: { file: "hook.key" },
        headers: { "X-Team": "storage", Authorization: { command: ["pass", "show", "hook"] } },
      },
    },
    { to: { port: 465, to: ["c@d", "e@f"], login: { user: "u", password: { env: "P" } } } },
  ]);
});

const HOOK = "webhook: { url: 'https://example.org' }";

test.each<[string, string[], string]>([
  ["nowhere to go", ["- name: ops"], "4:5 `ops` says nowhere to send to → expected one of webhook, mail, command"],
  [
    "two places to go",
    ["- name: ops", `  ${HOOK}`, "  command: [true]"],
    "6:5 `ops` has both `webhook` and `command` → keep one of them, and write another notification for the other",
  ],
  [
    "a misspelt kind",
    ["- name: ops", "  webhok: { url: 'https://example.org' }"],
    "5:5 unknown key `webhok` in notification 1 → did you mean `webhook`?",
  ],
  [
    "a misspelt event",
    ["- name: ops", `  ${HOOK}`, "  on: [fixd]"],
    '6:10 item 1 of `on`: expected one of found, waiting, fixed, failed, unknown, recovered, recurring, found "fixd" → did you mean `fixed`?',
  ],
  [
    "the same name twice",
    ["- name: ops", `  ${HOOK}`, "- name: ops", `  ${HOOK}`],
    "6:11 another notification is called `ops`, on line 4 → rename one of them",
  ],
  [
    "no address",
    ["- name: ops", "  webhook: { url: 'ftp://x' }"],
    "5:21 this is no address of HTTP → such as https://example.org/hook",
  ],
  [
    "a password in the address",
    ["- name: ops", "  webhook: { url: 'https://me:secret@example.org/' }"],
    "5:21 a password stands in the address → write `{ env: VARIABLE }` or `{ file: … }` instead",
  ],
  [
    "a secret in a header",
    ["- name: ops", "  webhook: { url: 'https://x', headers: { Authorization: Bearer abc } }"],
    "5:45 `Authorization` is a secret and stands in the file → such as `{ env: VARIABLE }`",
  ],
  [
    "a header that is ours",
    ["- name: ops", "  webhook: { url: 'https://x', headers: { idempotency-key: '1' } }"],
    "5:45 the header `idempotency-key` is set by runbook → leave it out",
  ],
  [
    "a secret from two places",
    ["- name: ops", "  webhook: { url: 'https://x', secret: { env: A, file: b } }"],
    "5:34 `secret` must come from one place: expected one of env, file, command → such as `{ env: VARIABLE }`",
  ],
  [
    "a user without a password",
    ["- name: ops", "  mail: { host: m, from: a@b, to: c@d, user: u }"],
    "5:42 `user` is given without `password` → give both, or neither",
  ],
  [
    "a password that anybody could read",
    ["- name: ops", "  mail: { host: m, from: a@b, to: c@d, user: u, password: { env: P }, tls: none }"],
    "5:78 the password would go over the network unencrypted → tls: starttls",
  ],
  [
    "an address with a header in it",
    ["- name: ops", '  mail: { host: m, from: "a@b\\nBcc: c@d", to: c@d }'],
    "5:28 `from`: expected one line without control characters",
  ],
])("refuses a notification with %s", (_, lines, fault) => {
  expect(told(examine(...lines).faults).join("\n")).toContain(fault);
});

test("what is a secret and stands in the file is not shown again", () => {
  const { faults, warnings } = examine(
    "- name: ops",
    "  webhook: { url: 'https://hooks.slack.com/services/T0/B0/xyzzy', headers: { Authorization: Bearer xyzzy } }",
    "- name: other",
    "  webhook: { url: 'https://me:xyzzy@example.org' }",
  );
  expect([faults.length, warnings.length]).toEqual([2, 1]);
  expect(JSON.stringify([faults, warnings])).not.toContain("xyzzy");
});

test.each([
  ["an address that is misspelt", "webhook: { url: 'htps://hooks.slack.com/services/T0/B0/xyzzy' }"],
  ["what should come from elsewhere", "webhook: { url: 'https://x', secret: xyzzy }"],
  ["a number that should", "mail: { host: m, from: a@b, to: c@d, user: u, password: 4711 }"],
  ["a header", "webhook: { url: 'https://x', headers: { Authorization: [xyzzy] } }"],
  [
    "a line with another mistake",
    "mail: { host: m, from: a@b, to: c@d, user: u, password: { env: P }, pasword: xyzzy }",
  ],
  ["a line with another mistake", "mail: { host: m, from: a@b, to: c, user: u, password: xyzzy }"],
])("%s is not shown again", (_, line) => {
  const { faults } = examine("- name: ops", `  ${line}`);
  expect(faults.length).toBeGreaterThan(0);
  expect(JSON.stringify(faults)).not.toMatch(/xyzzy|4711/);
});

test.each([
  ["a program without a name", "command: ['']", "expected the name of a program"],
  ["an argument that no program can have", 'command: [page, "a\\0b"]', "without null characters"],
  [
    "a header with other letters",
    "webhook: { url: 'https://x', headers: { X-Team: '日本' } }",
    "cannot stand in a header",
  ],
  [
    "a header that HTTP has for itself",
    "webhook: { url: 'https://x', headers: { Expect: '100-continue' } }",
    "set by runbook",
  ],
])("refuses %s", (_, line, words) => {
  expect(told(examine("- name: ops", `  ${line}`).faults).join()).toContain(words);
});

test("a name that no notification has is told with the one that was meant", () => {
  expect(told(examine("- name: opps", `  ${HOOK}`).faults)).toEqual([
    "2:70 there is no notification `ops` → did you mean `opps`?",
  ]);
});

test.each([
  ["an address that is a secret", "webhook: { url: 'https://hooks.slack.com/services/T0/B0/xyz' }", "it is a secret"],
  ["a way that is not encrypted", "webhook: { url: 'http://example.org/' }", "unencrypted"],
  ["mails that are not encrypted", "mail: { host: m, tls: none, from: a@b, to: c@d }", "unencrypted"],
])("warns of %s", (_, line, words) => {
  const { faults, warnings } = examine("- name: ops", `  ${line}`);
  expect(faults).toEqual([]);
  expect(told(warnings).join()).toContain(words);
});
