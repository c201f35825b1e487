import type { Fault } from "../model/fault.ts";
import type { Draft } from "./inventory-draft.ts";
import type { Complaint } from "./inventory-reader.ts";
import { misspelt, SECRETS } from "./inventory-variables.ts";
import { inFileOrder as inPlaceOrder } from "./source.ts";

/** A complaint about a variable as one host has it. */
export type HostComplaint = { readonly host: string; readonly complaint: Complaint };

/** Words before a colon after which a line had better not be shown. */
const TELLTALE = /(pass(word|wd|phrase)?|secret|token|private_key)["']?\s*[:=]/i;

/** One fault for each mistake, however many hosts a group's variable reaches. */
export function faultsOf(complaints: readonly HostComplaint[]): Fault[] {
  const same = Map.groupBy(complaints, ({ complaint: { variable, name, message } }) => {
    const { where } = variable.fault("");
    return JSON.stringify([where, name, message]);
  });
  return [...same.values()].flatMap(([first, ...rest]) => {
    if (first === undefined) return [];
    const { name, variable, message, hint } = first.complaint;
    return [variable.fault(`${first.host}${others(rest.length)}: \`${name}\`: ${message}`, hint)];
  });
}

/** Variables whose names have a slip in them. Only single values are looked at: a list named `ansible_users` is somebody's own. */
export function misspeltFaults({ groups, hosts }: Draft): Fault[] {
  return [...groups.values(), ...hosts.values()].flatMap(({ name, vars }) =>
    Array.from(vars, ([key, variable]) => {
      const meant = typeof variable.value === "object" ? undefined : misspelt(key);
      if (meant === undefined) return undefined;
      const message = `\`${key}\` of \`${name}\` is no variable that is known`;
      return variable.fault(message, `did you mean \`${meant}\`?`, "key");
    }).filter((fault) => fault !== undefined),
  );
}

/** By file as the files were given, then by place. */
export function inFileOrder(faults: readonly Fault[]): Fault[] {
  const files = Map.groupBy(faults, ({ where = "" }) => where.replace(/:\d+:\d+$/, ""));
  return [...files.values()].flatMap((each) => inPlaceOrder(each));
}

/** Faults without those excerpts that would show a password. */
export function discreet({ groups, hosts }: Draft, faults: readonly Fault[]): Fault[] {
  const secrets = [...groups.values(), ...hosts.values()]
    .flatMap(({ vars }) => [...SECRETS].map((name) => vars.get(name)?.value))
    .filter((value) => typeof value === "string" || typeof value === "number")
    .map(String)
    .filter((value) => value !== "");
  return faults.map(({ excerpt, ...fault }) => {
    const tells = excerpt === undefined || TELLTALE.test(excerpt) || secrets.some((secret) => excerpt.includes(secret));
    return tells ? fault : { ...fault, excerpt };
  });
}

function others(count: number): string {
  if (count === 0) return "";
  return count === 1 ? " and one more host" : ` and ${count.toLocaleString("en")} more hosts`;
}
