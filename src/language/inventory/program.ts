import type { Fault } from "../../model/fault.ts";
import { Encrypted, type Opener } from "../../model/secret.ts";
import { nameError } from "./address.ts";
import { group, host, type Draft, type DraftGroup, type FaultHere, type Variable } from "./draft.ts";
import { addChild, groupNameError, setVariable } from "./members.ts";

/** What a program said: to `--list`, and where that tells no variables of hosts (`_meta`), to `--host` for each of them. */
export type ProgramAnswer = {
  readonly list: string;
  readonly hosts: ReadonlyMap<string, string>;
  readonly file: string;
  /** Absolute directory of the program. */
  readonly directory: string;
};

type Members = Readonly<Record<string, unknown>>;
const SHAPE = "Ansible expects { GROUP: { hosts: [], vars: {}, children: [] }, _meta: { hostvars: {} } }";

/** The hosts about which a program must be asked one by one, since its list does not say all of them. */
export function hostsToAsk(list: string): readonly string[] {
  const groups = membersOf(read(list));
  if (groups === undefined || membersOf(groups["_meta"])?.["hostvars"] !== undefined) return [];
  const named = Object.entries(groups).flatMap(([name, data]) => (name === "_meta" ? [] : hostsIn(name, data)));
  return [...new Set(named.filter((each) => typeof each === "string"))].filter((each) => nameError(each) === undefined);
}

/** Reads what a program said into the draft; what is wrong with it is added to its faults. */
export function readProgram(draft: Draft, { list, hosts, file, directory }: ProgramAnswer): void {
  const said = read(list);
  if (said instanceof SyntaxError) return void draft.faults.push(notJson(`${file} --list`, said));
  const groups = membersOf(said);
  const faultIn: FaultHere = (message, hint = SHAPE) => place(`${file} --list`, message, hint);
  if (groups === undefined) return void draft.faults.push(faultIn("expected a JSON object of groups"));
  const met = new Set<string>();
  for (const [name, data] of Object.entries(groups))
    if (name !== "_meta") readGroup({ draft, directory, fault: faultIn, met }, name, data);
  const known = membersOf(membersOf(groups["_meta"])?.["hostvars"]);
  for (const name of met) {
    const own = hosts.get(name);
    if (own === undefined) setHostVars(draft, name, known?.[name] ?? {}, faultIn);
    else readHost(draft, name, own, `${file} --host ${name}`);
  }
}

type Reading = {
  readonly draft: Draft;
  readonly directory: string;
  readonly fault: FaultHere;
  readonly met: Set<string>;
};

function readGroup(reading: Reading, name: string, data: unknown): void {
  const { draft, fault } = reading;
  const nameless = groupNameError(name);
  if (nameless !== undefined) return void draft.faults.push(fault(nameless));
  const into = group(draft, name);
  const hosts = hostsIn(name, data);
  if (Array.isArray(hosts)) for (const each of hosts) readHostName(reading, into, each);
  else draft.faults.push(fault(`the hosts of the group \`${name}\` are no list`));
  const members = membersOf(data) ?? {};
  const vars = isShort(members) ? members : (members["vars"] ?? {});
  const variables = membersOf(vars);
  if (variables === undefined) draft.faults.push(fault(`the variables of the group \`${name}\` are no JSON object`));
  for (const [key, value] of Object.entries(variables ?? {}))
    setVariable(draft, into, key, variable(unwrapped(value, draft.open), fault, `\`${key}\` of the group \`${name}\``));
  const children = members["children"] ?? [];
  if (!Array.isArray(children))
    return void draft.faults.push(fault(`the children of the group \`${name}\` are no list`));
  for (const child of children) {
    const wrong = typeof child === "string" ? groupNameError(child) : "a child is no text";
    if (wrong !== undefined) draft.faults.push(fault(`the group \`${name}\`: ${wrong}`));
    else {
      group(draft, String(child));
      addChild(draft, into, String(child), fault);
    }
  }
}

/** The hosts that a group names, or what stands there instead; a group that has neither hosts nor vars nor children is a host with its variables. */
function hostsIn(name: string, data: unknown): unknown {
  const members = membersOf(data);
  if (members === undefined) return data;
  return isShort(members) ? [name] : (members["hosts"] ?? []);
}

function isShort(members: Members): boolean {
  return !["hosts", "vars", "children"].some((key) => key in members);
}

function readHostName({ draft, directory, fault, met }: Reading, into: DraftGroup, name: unknown): void {
  const wrong = typeof name === "string" ? nameError(name) : "is no text";
  if (wrong !== undefined) {
    draft.faults.push(fault(`a host of the group \`${into.name}\`, ${JSON.stringify(name)}, ${wrong}`));
    return;
  }
  host(draft, String(name), directory);
  into.hosts.add(String(name));
  met.add(String(name));
}

function readHost(draft: Draft, name: string, said: string, file: string): void {
  if (said.trim() === "") return;
  const own = read(said);
  if (own instanceof SyntaxError) draft.faults.push(notJson(file, own));
  else setHostVars(draft, name, own, (message, hint) => place(file, message, hint));
}

function setHostVars(draft: Draft, name: string, vars: unknown, fault: FaultHere): void {
  const members = membersOf(vars);
  if (members === undefined) return void draft.faults.push(fault(`the variables of \`${name}\` are no JSON object`));
  const into = draft.hosts.get(name)?.vars;
  for (const [key, value] of Object.entries(members))
    into?.set(key, variable(unwrapped(value, draft.open), fault, `\`${key}\` of \`${name}\``));
}

/** In JSON Ansible marks what is encrypted, and what is no template, by an object around it. */
function unwrapped(value: unknown, open: Opener): unknown {
  if (Array.isArray(value)) return value.map((each) => unwrapped(each, open));
  const members = membersOf(value);
  if (members === undefined) return value;
  const { __ansible_vault: vault, __ansible_unsafe: unsafe } = members;
  if (typeof vault === "string") return new Encrypted(() => open(vault));
  if (typeof unsafe === "string") return unsafe;
  return Object.fromEntries(Object.entries(members).map(([key, each]) => [key, unwrapped(each, open)]));
}

function variable(value: unknown, fault: FaultHere, what: string): Variable {
  return { value, fault: (message, hint = what) => fault(message, hint) };
}

function read(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return error;
    throw error;
  }
}

function notJson(where: string, error: SyntaxError): Fault {
  const [, line, column] = /line (\d+) column (\d+)/.exec(error.message) ?? [];
  const at = line === undefined ? "" : `:${line}:${column}`;
  return place(where + at, "what the program prints is no JSON", "it must print nothing else on stdout");
}

function place(where: string, message: string, hint?: string): Fault {
  return { kind: "invalid-file", message, where, ...(hint === undefined ? {} : { hint }) };
}

function membersOf(value: unknown): Members | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Members) : undefined;
}
