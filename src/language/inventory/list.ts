import type { Fault } from "../../model/fault.ts";
import { parseLogin } from "./address.ts";
import { group, host, type Draft, type FaultHere } from "./draft.ts";
import { expandRange } from "./range.ts";

/** Reads `-i host1,user@host2:2222,` into the draft. What is said here of a host that is known already wins over its own variables. */
export function readHostList(draft: Draft, text: string): void {
  const fault: FaultHere = (message, hint) => usage(text, message, hint);
  const items = text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
  if (items.length === 0)
    draft.faults.push(fault("the list names no host", "write the hosts with commas: `-i host1,host2,`"));
  for (const item of items) {
    const login = parseLogin(item);
    if ("error" in login) {
      draft.faults.push(fault(login.error, login.hint));
      continue;
    }
    const names = expandRange(login.host);
    if ("error" in names) draft.faults.push(fault(names.error, names.hint));
    else for (const name of names) add(draft, name, login, fault);
  }
}

function add(draft: Draft, name: string, { port, user }: { port?: number; user?: string }, fault: FaultHere): void {
  if (!draft.hosts.has(name)) group(draft, "ungrouped").hosts.add(name);
  const { vars } = host(draft, name, undefined);
  if (port !== undefined) vars.set("ansible_port", { value: port, fault });
  if (user !== undefined) vars.set("ansible_user", { value: user, fault });
}

function usage(text: string, message: string, hint?: string): Fault {
  return { kind: "usage", message, ...(hint === undefined ? {} : { hint }), where: `-i ${text}` };
}
