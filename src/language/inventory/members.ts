import { Secret } from "../../model/secret.ts";
import { parseAddress } from "./address.ts";
import { host, link, type Draft, type DraftGroup, type FaultHere, type Variable } from "./draft.ts";
import { expandRange } from "./range.ts";

/** Adds the hosts that a name with ranges and a port stands for to a group, with their variables. */
export function addHosts(
  draft: Draft,
  into: DraftGroup,
  written: string,
  given: { readonly vars: ReadonlyMap<string, Variable>; readonly directory: string; readonly fault: FaultHere },
): void {
  const { vars, directory, fault } = given;
  const address = parseAddress(written);
  if ("error" in address) return void draft.faults.push(fault(address.error, address.hint, "key"));
  const names = expandRange(address.host);
  if ("error" in names) return void draft.faults.push(fault(names.error, names.hint, "key"));
  const port: Variable | undefined = address.port === undefined ? undefined : { value: address.port, fault };
  for (const name of names) {
    const known = draft.hosts.has(name);
    const made = host(draft, name, directory);
    into.hosts.add(name);
    // As Ansible does: the port in a name counts where the host is met first.
    if (port !== undefined && !known) made.vars.set("ansible_port", port);
    for (const [key, value] of vars) made.vars.set(key, value);
  }
}

/** Makes a group that is there already a child of another. */
export function addChild(draft: Draft, into: DraftGroup, name: string, fault: FaultHere): void {
  if (name === "all")
    return void draft.faults.push(
      fault("`all` holds every group and cannot be a child of one", "remove it here", "key"),
    );
  if (link(draft, into.name, name)) return;
  const message =
    name === into.name
      ? `the group \`${name}\` is its own child`
      : `the groups \`${into.name}\` and \`${name}\` hold each other: a loop`;
  draft.faults.push(fault(message, `remove \`${name}\` from the children of \`${into.name}\``, "key"));
}

/** Sets a variable of a group; its priority is none of them. */
export function setVariable(draft: Draft, into: DraftGroup, name: string, variable: Variable): void {
  const { value } = variable;
  const priority = value instanceof Secret ? value.reveal() : value;
  if (name !== "ansible_group_priority") into.vars.set(name, variable);
  else if (Number.isInteger(Number(priority)) && value !== null) into.priority = Number(priority);
  else draft.faults.push(variable.fault("`ansible_group_priority` must be a whole number"));
}

/** Why a text cannot be the name of a group. */
export function groupNameError(name: string): string | undefined {
  return name.trim() === "" || /[\p{C}]/u.test(name)
    ? "a group's name is empty or holds a control character"
    : undefined;
}
