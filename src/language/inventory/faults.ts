import type { Fault } from "../../model/fault.ts";
import { isSecret } from "../../model/secret.ts";
import { everyVars, type Draft, type Variable } from "./draft.ts";
import type { Unfit } from "../../model/inventory.ts";
import type { Groups } from "./groups.ts";
import type { Complaint } from "./reader.ts";
import { misspelt, SECRETS } from "./variables.ts";
import { inFileOrder as inPlaceOrder, isCut } from "../yaml/source.ts";

/** A complaint about a variable as one host has it. */
export type HostComplaint = { readonly host: string; readonly complaint: Complaint };

/** Words before a colon after which a line had better not be shown. */
const TELLTALE = /(pass(word|wd|phrase)?|secret|token|private_key)["']?\s*[:=]/i;

/** One fault for each mistake, however many hosts a variable reaches. */
export function faultsOf(complaints: readonly HostComplaint[]): Fault[] {
  const byVariable = Map.groupBy(complaints, ({ complaint }) => complaint.variable);
  return [...byVariable].flatMap(([variable, all]) => {
    const byMessage = Map.groupBy(all, ({ complaint: { name, message } }) => `\`${name}\`: ${message}`);
    return Array.from(byMessage, ([message, [first, ...rest]]) =>
      variable.fault(`${first?.host ?? ""}${others(rest.length)}: ${message}`, first?.complaint.hint),
    );
  });
}

/** Variables that do not do for the inputs of a runbook. Their lines are not shown: what else stands there may be a secret of some runbook. */
export function unfitFaults(draft: Draft, groups: Groups, all: readonly Unfit[]): Fault[] {
  const complaints = all.flatMap(({ host, name, message, hint }): HostComplaint[] => {
    const known = draft.hosts.get(host);
    const variable = known === undefined ? undefined : groups.vars(known).get(name);
    if (variable === undefined) throw new Error(`${host} has no variable ${name}`);
    return [{ host, complaint: { variable, name, message, ...(hint === undefined ? {} : { hint }) } }];
  });
  return inFileOrder(faultsOf(complaints)).map(({ excerpt: _excerpt, ...fault }) => ({ ...fault, kind: "usage" }));
}

/** Host → why it cannot be reached yet. */
export function refusalsOf(draft: Draft, complaints: readonly HostComplaint[]): ReadonlyMap<string, Fault> {
  const secrets = secretsOf(draft);
  const places = new Map<Variable, Fault>();
  const refused = new Map<string, Fault>();
  for (const { host, complaint } of complaints) {
    const { variable, name, message, hint } = complaint;
    const place = places.get(variable) ?? discreet(variable.fault(""), secrets);
    places.set(variable, place);
    const fault = { ...place, message: `${host}: \`${name}\`: ${message}`, ...(hint === undefined ? {} : { hint }) };
    if (!refused.has(host)) refused.set(host, fault);
  }
  return refused;
}

/** Variables whose names have a slip in them. Only single values are looked at: a list named `ansible_users` is somebody's own. */
export function misspeltFaults(draft: Draft): Fault[] {
  // Hosts of one range share their variables: each is told once.
  const told = new Set<Variable>();
  return everyVars(draft).flatMap(({ name, vars }) =>
    Array.from(vars, ([key, variable]) => {
      if (told.has(variable) || (typeof variable.value === "object" && !isSecret(variable.value))) return [];
      told.add(variable);
      const meant = misspelt(key);
      if (meant === undefined) return [];
      const message = `\`${key}\` of \`${name}\` is no variable that is known`;
      return [variable.fault(message, `did you mean \`${meant}\`?`, "key")];
    }).flat(),
  );
}

/** By file as the files were given, then by place. */
export function inFileOrder(faults: readonly Fault[]): Fault[] {
  const files = Map.groupBy(faults, ({ where = "" }) => where.replace(/:\d+:\d+$/, ""));
  return [...files.values()].flatMap((each) => inPlaceOrder(each));
}

/** Faults without those excerpts that would show a password. */
export function withoutSecrets(draft: Draft, faults: readonly Fault[]): Fault[] {
  const secrets = secretsOf(draft);
  return faults.map((fault) => discreet(fault, secrets));
}

function discreet({ excerpt, ...fault }: Fault, secrets: readonly string[]): Fault {
  // Of a line that is cut, what says that a secret follows may be on the other side.
  const tells =
    excerpt === undefined ||
    isCut(excerpt) ||
    TELLTALE.test(excerpt) ||
    secrets.some((secret) => excerpt.includes(secret));
  return tells ? fault : { ...fault, excerpt };
}

function secretsOf(draft: Draft): readonly string[] {
  const values = everyVars(draft).flatMap(({ vars }) =>
    Array.from(vars, ([name, { value }]) => (SECRETS.has(name) ? value : undefined)),
  );
  const texts = values.filter((value) => typeof value === "string" || typeof value === "number").map(String);
  return [...new Set(texts)].filter((text) => text !== "");
}

function others(count: number): string {
  if (count === 0) return "";
  return count === 1 ? " and one more host" : ` and ${count.toLocaleString("en")} more hosts`;
}
