import { describe, expect, test } from "vitest";
import { examinePolicy } from "../../../../src/language/policy/compile.ts";
import { told } from "../../../kit/mistakes.ts";

/** Every mistake in a policy's text. */
function mistakes(...lines: readonly string[]): string[] {
  return told(examinePolicy(lines.join("\n"), "policy.yml").faults);
}

/** The mistakes of a policy whose first rule, from line 3, has these lines and asks. */
function inRule(...lines: readonly string[]): string[] {
  return mistakes("allowed_signers: keys", "rules:", "  - approve: ask", ...lines.map((line) => `    ${line}`));
}

describe("a policy", () => {
  test("is read with its places, its windows, and names for rules that have none", () => {
    const { policy, faults } = examinePolicy(
      [
        "allowed_signers: ./keys",
        "rules:",
        "  - runbooks: [kernel-*]",
        "    when: { days: 'fri-mon,wed', from: 22:00, to: 06:30, zone: Europe/Berlin }",
        "    approve: ask",
        "    expires: 30m",
        "  - name: rest",
        "    when: [{ days: mon, zone: UTC }, { from: 12:00, zone: UTC }]",
        "    approve: deny",
        "",
      ].join("\n"),
      "policy.yml",
    );
    expect(faults).toEqual([]);
    expect(policy).toEqual({
      source: "policy.yml",
      signers: "./keys",
      rules: [
        {
          name: "rule 1",
          where: "policy.yml:3",
          runbooks: ["kernel-*"],
          when: [{ days: [1, 3, 5, 6, 7], from: 1320, to: 390, zone: "Europe/Berlin" }],
          approve: "ask",
          expires: 1800,
        },
        {
          name: "rest",
          where: "policy.yml:7",
          when: [
            { days: [1], from: 0, to: 1440, zone: "UTC" },
            { days: [1, 2, 3, 4, 5, 6, 7], from: 720, to: 1440, zone: "UTC" },
          ],
          approve: "deny",
        },
      ],
    });
  });

  test("whose mistakes are many has them told at once, in their order, with the source", () => {
    const { faults } = examinePolicy(
      ["rules:", "  - hosts: 'web['", "    aprove: ask", "  - approve: auto", "    signed: true", "    step: [a]"].join(
        "\n",
      ),
      "policy.yml",
    );
    expect(told(faults)).toEqual([
      "2:12 a bracket is not closed in the host pattern `web[` → a slice is written web[0:2]",
      "3:5 unknown key `aprove` in rule 1 → did you mean `approve`?",
      "5:5 `signed` has no meaning here: `approve: auto` asks nobody → leave it out, or write `approve: ask`",
      "6:5 unknown key `step` in rule 2 → did you mean `steps`?",
    ]);
    expect(faults[1]).toMatchObject({
      kind: "invalid-file",
      where: "policy.yml:3:5",
      excerpt: "3 |     aprove: ask\n  |     ^^^^^^",
    });
  });
});

describe("a file that is no policy", () => {
  test.each([
    ["empty", "", "1:1 the file is empty → expected a YAML document"],
    ["of comments", "# later\n", "1:1 the file is empty → expected a YAML document"],
    ["binary", "rules:\0", "1:1 the file is binary: it holds NUL bytes → expected a text file in YAML"],
    [
      "large",
      "#".repeat(10_000_000),
      "1:1 the file is too large: 10.0 MB, and at most 1 MB is read → is it really a YAML file?",
    ],
    ["a list", "- approve: ask", "1:1 the policy: expected a mapping, found a list"],
    ["nothing", "null", "1:1 the policy: expected a mapping, found nothing"],
    ["without rules", "allowed_signers: keys", "1:1 `rules` is missing in the policy → expected a list"],
    [
      "with no rule",
      "rules: []",
      "1:8 `rules`: expected at least 1 item, found an empty list → a policy without rules would ask for everything: `- approve: ask` says so",
    ],
    [
      "of a rule alone",
      "rules: { approve: ask }",
      '1:8 `rules`: expected a list, found a mapping → write `rules: [{"approve":"ask"}]`',
    ],
    ["with an empty rule", "rules:\n  -", "2:3 a rule: expected a mapping, found nothing"],
    [
      "with keys twice",
      "rules:\n  - approve: ask\n    approve: auto",
      "3:5 `approve` is given twice → it is already given on line 2: remove one",
    ],
    [
      "a runbook",
      "name: x\ntitle: X\nrules:\n  - approve: ask",
      "1:1 unknown key `name` in the policy → it belongs in a rule",
    ],
  ])("%s", (_, text, first) => {
    expect(mistakes(text)[0]).toBe(first);
  });
});

describe("a rule's mistakes", () => {
  test.each([
    ["an empty list", ["runbooks: []"], "4:15 `runbooks`: expected at least 1 item, found an empty list"],
    ["no steps", ["steps: []"], "4:12 `steps`: expected at least 1 item, found an empty list"],
    ["no risk", ["risk: []"], "4:11 `risk`: expected at least 1 item, found an empty list"],
    ["no window", ["when: []"], "4:11 `when`: expected at least 1 item, found an empty list"],
    ["no digest", ["not_digests: []"], "4:18 `not_digests`: expected at least 1 item, found an empty list"],
    ["no host", ["hosts: ''"], "4:12 `hosts`: expected a text that is not empty, found an empty text"],
    ["one instead of a list", ["risk: high"], '4:11 `risk`: expected a list, found "high" → write `risk: ["high"]`'],
    ["a list of hosts", ["hosts: [a, b]"], "4:12 `hosts`: expected a text, found a list → write one pattern: `a:b`"],
    [
      "a risk",
      ["risk: [hihg]"],
      '4:12 item 1 of `risk`: expected one of low, medium, high, found "hihg" → did you mean `high`?',
    ],
    ["a place", ["on: here"], '4:9 `on`: expected one of host, controller, found "here"'],
    [
      "a glob",
      ["steps: ['a[b']"],
      '4:13 item 1 of `steps`: expected a name, or a glob: lower-case letters, digits and -, with * and ?, found "a[b"',
    ],
    [
      "a name that no runbook has",
      ["runbooks: [Disk]"],
      '4:16 item 1 of `runbooks`: expected a name, or a glob: lower-case letters, digits and -, with * and ?, found "Disk"',
    ],
    [
      "a short digest",
      ["not_digests: [3f2a]"],
      '4:19 item 1 of `not_digests`: expected a runbook\'s whole digest: 64 hex digits, as `runbook policy explain` prints it, found "3f2a"',
    ],
    ["nobody", ["approvers: 0"], "4:16 `approvers`: expected at least 1, found the number 0"],
    ["half a person", ["approvers: 1.5"], "4:16 `approvers`: expected a whole number, found the number 1.5"],
    ["no hosts at all", ["max_hosts: 0"], "4:16 `max_hosts`: expected at least 1, found the number 0"],
    [
      "a number of seconds",
      ["expires: 30"],
      "4:14 `expires`: expected a duration such as 30s, 5m or 1h30m, found the number 30 → write 30s for seconds",
    ],
    ["a word for yes", ["signed: yes"], '4:13 `signed`: expected true or false, found "yes"'],
    [
      "a pattern",
      ["not_hosts: '~('"],
      "4:16 `~(` is no regular expression → what follows ~ is a JavaScript regular expression",
    ],
    [
      "a hosts file",
      ["hosts: '@file'"],
      "4:12 hosts from a file (@file) can be named on the command line alone, and without a sign before the @ → write the hosts with commas",
    ],
  ] satisfies [string, string[], string][])("%s", (_, lines, mistake) => {
    expect(inRule(...lines)).toEqual([mistake]);
  });

  test("another word than auto, ask or deny", () => {
    expect(mistakes("rules:", "  - approve: alow")).toEqual([
      '2:14 `approve`: expected one of auto, ask, deny, found "alow"',
    ]);
    expect(mistakes("rules:", "  - approve: yes")).toEqual([
      '2:14 `approve`: expected one of auto, ask, deny, found "yes"',
    ]);
  });

  test("two rules of one name", () => {
    expect(mistakes("rules:", "  - { name: a, risk: [low], approve: ask }", "  - { name: a, approve: ask }")).toEqual([
      "3:13 another rule is called `a`, on line 2 → rename one of them",
    ]);
  });
});

describe("a window's mistakes", () => {
  test.each([
    [
      "an unknown zone",
      "days: mon, zone: Europe/Berln",
      "4:30 there is no time zone `Europe/Berln` → did you mean `Europe/Berlin`?",
    ],
    ["a city", "days: mon, zone: berlin", "4:30 there is no time zone `berlin` → did you mean `Europe/Berlin`?"],
    [
      "a zone of nowhere",
      "days: mon, zone: Xq/Zzzzzzzz",
      "4:30 there is no time zone `Xq/Zzzzzzzz` → expected an IANA name such as Europe/Berlin or UTC",
    ],
    ["no zone", "days: mon", "4:5 `zone` is missing in `when` → expected a text"],
    [
      "an hour too late",
      "from: 25:00, zone: UTC",
      '4:19 `from`: expected a time of day from 00:00 to 23:59, found "25:00"',
    ],
    [
      "24:00 as a beginning",
      "from: 24:00, zone: UTC",
      '4:19 `from`: expected a time of day from 00:00 to 23:59, found "24:00"',
    ],
    [
      "a minute too many",
      "to: 12:60, zone: UTC",
      '4:17 `to`: expected a time of day from 00:00 to 24:00, found "12:60"',
    ],
    [
      "an hour of one digit",
      "from: 9:00, zone: UTC",
      '4:19 `from`: expected a time of day from 00:00 to 23:59, found "9:00" → write "09:00"',
    ],
    [
      "a bare hour",
      "from: 9, zone: UTC",
      '4:19 `from`: expected a time of day such as 09:00, found the number 9 → write "09:00"',
    ],
    [
      "long names of days",
      "days: monday, zone: UTC",
      '4:19 `days`: expected days such as mon-fri or sat,sun, found "monday" → days are mon, tue, wed, thu, fri, sat and sun, joined by - and commas',
    ],
    [
      "no time at all",
      "from: 09:00, to: 09:00, zone: UTC",
      "4:30 the window opens and closes at the same time → leave both out for whole days",
    ],
    ["all the time", "zone: UTC", "4:5 this window never closes → leave `when` out: the rule holds at any time"],
    [
      "all the time in words",
      "days: mon-sun, from: 00:00, to: 24:00, zone: UTC",
      "4:5 this window never closes → leave `when` out: the rule holds at any time",
    ],
    ["an unknown key", "day: mon, zone: UTC", "4:13 unknown key `day` in `when` → did you mean `days`?"],
  ])("%s", (_, window, mistake) => {
    expect(inRule(`when: { ${window} }`)).toEqual([mistake]);
  });

  test("are told at the window they are in", () => {
    expect(inRule("when:", "  - { days: mon, zone: UTC }", "  - { days: tue, zone: Utopia }")).toEqual([
      "6:28 there is no time zone `Utopia` → expected an IANA name such as Europe/Berlin or UTC",
    ]);
    expect(inRule("when: soon")).toEqual(['4:11 `when`: expected a mapping or a list, found "soon"']);
  });
});

describe("what is said of people", () => {
  test.each([
    [
      "several people without keys",
      "approvers: 2",
      "3:5 2 people are told apart by their keys, and the policy names no `allowed_signers` → name a file of their keys: `allowed_signers: ./allowed_signers`",
    ],
    [
      "signatures without keys",
      "signed: true",
      "3:5 no signature can be checked: the policy names no `allowed_signers` → name a file of their keys: `allowed_signers: ./allowed_signers`",
    ],
  ])("%s", (_, line, mistake) => {
    expect(mistakes("rules:", "  - approve: ask", `    ${line}`)).toEqual([mistake]);
    expect(inRule(line)).toEqual([]);
  });

  test.each(["approvers: 1", "not_requester: true", "signed: true", "expires: 5m"])(
    "%s where nobody is asked",
    (line) => {
      const key = line.split(":")[0];
      for (const [approve, why] of [
        ["auto", "asks nobody"],
        ["deny", "lets nothing through"],
      ]) {
        expect(mistakes("rules:", `  - approve: ${approve}`, `    ${line}`)).toEqual([
          `3:5 \`${key}\` has no meaning here: \`approve: ${approve}\` ${why} → leave it out, or write \`approve: ask\``,
        ]);
      }
    },
  );

  test("a number of hosts goes with auto and with ask, and not with deny", () => {
    expect(mistakes("rules:", "  - approve: auto", "    max_hosts: 3")).toEqual([]);
    expect(mistakes("rules:", "  - approve: deny", "    max_hosts: 3")).toEqual([
      "3:5 `max_hosts` has no meaning here: `approve: deny` lets nothing through → leave it out, or write `approve: ask`",
    ]);
  });
});
