import { describe, expect, test } from "vitest";
import { examinePolicy } from "../../../../src/language/policy/compile.ts";
import { planPolicies, type PlannedPolicies } from "../../../../src/language/policy/plan.ts";
import { parseInventory } from "../../../../src/language/inventory/inventory.ts";
import type { Policy } from "../../../../src/model/policy-file.ts";
import { Runbook, type LoadedRunbook } from "../../../../src/model/runbook.ts";
import type { PlannedRule } from "../../../../src/model/policy.ts";
import { told } from "../../../kit/mistakes.ts";

const HOSTS = `
all:
  children:
    web: { hosts: { web1: , web2: , web3: } }
    db: { hosts: { db1: } }
    prod: { children: { web: , db: } }
    empty: { hosts: {} }
`;
const DIGEST = "ab".repeat(32);

function policyOf(...rules: readonly string[]): Policy {
  const text = ["rules:", ...rules.map((rule) => `  - { ${rule} }`)].join("\n");
  const { policy, faults } = examinePolicy(text, "policy.yml");
  if (policy === undefined || faults.length > 0) throw new Error(told(faults).join("\n"));
  return policy;
}

function runbook(steps: readonly object[]): LoadedRunbook {
  const value = Runbook.parse({ name: "disk-full", title: "Full", steps });
  return { runbook: value, path: "disk-full.yml", text: "", digest: DIGEST, functions: "", files: new Map() };
}

const step = (id: string, risk: string | null, more: object = {}): object => ({
  id,
  detect: { run: ":" },
  ...(risk === null ? {} : { fix: { risk, run: ":" } }),
  ...more,
});
const LOADED = runbook([step("look", null), step("sweep", "low"), step("restart", "high")]);

function plan(policies: readonly Policy[], loaded = LOADED, hosts = ["web1", "web2", "db1"]): PlannedPolicies {
  const place = { cwd: "/", home: "/" };
  const parsed = parseInventory([{ kind: "yaml", text: HOSTS, file: "hosts.yml", directory: "/" }], place);
  if (Array.isArray(parsed)) throw new Error(told(parsed).join("\n"));
  return planPolicies(policies, { loaded, hosts, inventory: parsed.inventory });
}

/** The planned rules of one policy that ends with a rule for everything, without that last one. */
function planned(...rules: readonly string[]): PlannedRule[] {
  const made = plan([policyOf(...rules, "name: the end, approve: ask")]);
  if ("faults" in made) throw new Error(told(made.faults).join("\n"));
  return made.policies.flatMap((policy) => policy.rules).filter(({ name }) => name !== "the end");
}

function notes(...rules: readonly string[]): string[] {
  const made = plan([policyOf(...rules, "name: the end, approve: ask")]);
  return told("faults" in made ? made.faults : made.notes);
}

describe("a rule is planned", () => {
  test("with all that it says, and what it leaves out as null", () => {
    expect(planned("name: night, risk: [high], approve: ask, not_requester: true, expires: 5m, max_hosts: 3")).toEqual([
      {
        name: "night",
        where: "policy.yml:2",
        steps: null,
        risks: ["high"],
        on: null,
        hosts: null,
        when: null,
        approve: "ask",
        approvers: 1,
        notRequester: true,
        signed: false,
        expires: 300,
        maxHosts: 3,
        reason: null,
      },
    ]);
  });

  test.each([
    ["hosts: web", ["web1", "web2"]],
    ["hosts: 'prod:!web'", ["db1"]],
    ["hosts: 'web[0]'", ["web1"]],
    ["not_hosts: web", ["db1"]],
    ["hosts: prod, not_hosts: web1", ["web2", "db1"]],
    ["hosts: prod", null],
    ["hosts: all", null],
    ["steps: [s*]", null],
  ])("%s: for the hosts %j of the run", (condition, hosts) => {
    expect(planned(`${condition}, risk: [low], approve: deny`)).toMatchObject([{ hosts }]);
  });

  test("for the steps that its globs fit", () => {
    expect(planned("steps: ['*e*'], approve: deny")).toMatchObject([{ steps: ["sweep", "restart"] }]);
  });
});

describe("a rule is left out that cannot matter to the run", () => {
  test.each([
    "runbooks: [kernel-*]",
    "steps: [look]",
    "steps: [other]",
    "risk: [medium]",
    "steps: [sweep], risk: [high]",
    "on: controller",
    "hosts: web3",
    "not_hosts: prod",
    "hosts: empty",
    `not_digests: [${DIGEST}]`,
  ])("%s", (condition) => {
    expect(planned(`${condition}, approve: deny`)).toEqual([]);
  });

  test.each(["runbooks: [kernel-*, disk-*]", `not_digests: [${"cd".repeat(32)}]`, "on: host"])(
    "but not %s",
    (condition) => {
      expect(planned(`${condition}, approve: deny`)).toHaveLength(1);
    },
  );

  test("a step on this machine needs no fix for a rule about such steps", () => {
    const loaded = runbook([step("look", null, { on: "controller" }), step("sweep", "low")]);
    const made = plan([policyOf("on: controller, approve: deny", "approve: ask")], loaded);
    expect(made).toMatchObject({ policies: [{ rules: [{ on: "controller" }, { name: "rule 2" }] }] });
  });
});

describe("a name that the inventory does not have", () => {
  test("has no hosts: a rule for it matches none, and one for all but it matches every host", () => {
    expect(planned("hosts: canary, approve: deny")).toEqual([]);
    expect(planned("hosts: 'web:canary', approve: deny")).toMatchObject([{ hosts: ["web1", "web2"] }]);
    expect(planned("hosts: 'web:&canary', approve: deny")).toEqual([]);
    expect(planned("hosts: 'web:!canary', approve: deny")).toMatchObject([{ hosts: ["web1", "web2"] }]);
    expect(planned("not_hosts: canary, risk: [low], approve: ask")).toMatchObject([{ hosts: null }]);
  });

  test("is nothing that an automatic yes may leave out: the rule matches no host then", () => {
    expect(planned("hosts: 'all:!prodd', risk: [low], approve: auto")).toEqual([]);
    expect(planned("not_hosts: prodd, approve: auto")).toEqual([]);
    expect(planned("not_hosts: 'prod:canary', approve: auto")).toEqual([]);
    expect(planned("not_hosts: 'prod:!canary', approve: auto")).toEqual([]);
    expect(planned("hosts: 'web:canary', approve: auto")).toMatchObject([{ hosts: ["web1", "web2"] }]);
  });

  test("is told, with what it might mean", () => {
    expect(notes("name: a, hosts: 'web:!prodd', approve: deny")).toEqual([
      "2 the inventory has no group or host `prodd`, which `hosts` of a names: a group without hosts → did you mean `prod`?",
    ]);
    expect(notes("name: a, not_hosts: prodd, approve: auto")).toEqual([
      "2 the inventory has no group or host `prodd`, which `not_hosts` of a names: the rule matches no host, since it would leave those out → did you mean `prod`?",
    ]);
    expect(notes("hosts: 'web[7]', approve: deny")).toEqual([]);
  });
});

describe("a policy that says nothing of any fix", () => {
  test("refuses the run, and says how to end it", () => {
    const made = plan([policyOf("approve: ask"), policyOf("runbooks: [kernel-*], approve: auto")]);
    expect(made).toEqual({
      faults: [
        {
          kind: "invalid-file",
          where: "policy.yml",
          message: "none of its rules matches any fix of disk-full on the 3 hosts of this run",
          hint: "end the policy with a rule that matches everything, such as `- approve: ask`",
        },
      ],
    });
  });

  test("also where its rules are for other hosts, or for other steps", () => {
    expect(plan([policyOf("hosts: canary, approve: deny")])).toHaveProperty("faults");
    expect(plan([policyOf("steps: [look], approve: deny")])).toHaveProperty("faults");
  });

  test("is no matter for a rule that speaks at another hour, nor for a runbook without a fix", () => {
    expect(plan([policyOf("when: { days: mon, zone: UTC }, approve: deny")])).toHaveProperty("policies");
    expect(plan([policyOf("runbooks: [other], approve: deny")], runbook([step("look", null)]))).toEqual({
      policies: [{ source: "policy.yml", signers: null, rules: [] }],
      notes: [],
    });
  });
});
