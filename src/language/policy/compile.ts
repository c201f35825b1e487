import type { Fault } from "../../model/fault.ts";
import { PolicyFile, type Policy } from "../../model/policy-file.ts";
import { reportOn } from "../runbook/check-report.ts";
import { shape, type Form } from "../schema/shape.ts";
import { inFileOrder } from "../yaml/source.ts";
import { readYaml, type Yaml } from "../yaml/yaml.ts";
import { checkPolicy } from "./check.ts";
import { POLICIES } from "./dialect.ts";

/**
 * All that can be told of a policy's text. Where there are faults, `policy` is what could be made of the rest, for further checks only.
 */
export type ExaminedPolicy = {
  readonly yaml?: Yaml;
  /** `signers` as the file writes it. */
  readonly policy?: Policy;
  readonly faults: readonly Fault[];
};

/** Reads a policy's text and checks all of it. `file` is the name that faults say. */
export function examinePolicy(text: string, file: string): ExaminedPolicy {
  const { yaml, vague, draft, broken, faults } = shape(FORM, readYaml(text, { file, schema: "core", mend: true }));
  if (yaml === undefined || vague) return { faults: inFileOrder(faults) };
  if (draft === undefined) return { yaml, faults: inFileOrder(faults) };
  const report = reportOn(yaml);
  checkPolicy(report, draft, new Set(broken.flatMap(([top, index]) => (top === "rules" ? Number(index) : []))));
  return { yaml, policy: policyOf(yaml, draft, file), faults: inFileOrder([...faults, ...report.faults]) };
}

/** What must be there in a rule, where it is missing or wrong. */
function standIn(path: string): unknown {
  if (/^rules\/\d+$/.test(path)) return { approve: "ask" };
  if (/^rules\/\d+\/approve$/.test(path)) return "ask";
  return /^rules\/\d+\/when(\/\d+)?\/zone$/.test(path) ? "UTC" : undefined;
}

const FORM: Form<PolicyFile> = { dialect: POLICIES, schema: PolicyFile, vital: "rules", standIns: standIn };

function policyOf(yaml: Yaml, { allowed_signers: signers, rules }: PolicyFile, source: string): Policy {
  return {
    source,
    signers: signers ?? null,
    rules: rules.map((rule, at) => ({
      ...rule,
      name: rule.name ?? `rule ${at + 1}`,
      where: `${source}:${yaml.place(["rules", at]).line}`,
    })),
  };
}
