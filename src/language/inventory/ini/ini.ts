import { didYouMean } from "../../suggest.ts";
import { sourceOf, type Source } from "../../yaml/source.ts";
import { concealed } from "../concealed.ts";
import { group, type Draft, type DraftGroup, type FaultHere, type FileOrigin, type Variable } from "../draft.ts";
import { addChild, addHosts, groupNameError, setVariable } from "../members.ts";
import { pythonLiteral } from "./literal.ts";
import { splitLine, type Word } from "./words.ts";

const KINDS = ["hosts", "children", "vars"] as const;
const SHAPE = "sections are [group], [group:children] and [group:vars]";

/** A group that a line needs and that no section before it declares. */
type Pending = { readonly of: "vars" | "children"; readonly parents: string[]; readonly fault: FaultHere };

/** One file being read into a draft. */
type Reading = {
  readonly draft: Draft;
  readonly source: Source;
  readonly directory: string;
  readonly hidden: boolean;
  readonly pending: Map<string, Pending>;
  into: DraftGroup;
  kind: (typeof KINDS)[number];
};

/** A line without the blanks around it, and where it begins in the file. */
type Line = { readonly text: string; readonly start: number };

/** Reads Ansible's INI form into the draft; what is wrong is added to its faults. `directory` (absolute) is the file's own. */
export function readInventoryIni(draft: Draft, text: string, { file, directory, hidden = false }: FileOrigin): void {
  const source = sourceOf(text, file, hidden);
  const into = group(draft, "ungrouped");
  const reading: Reading = { draft, source, directory, hidden, pending: new Map(), into, kind: "hosts" };
  let start = 0;
  for (const whole of text.split(/(?<=\r\n|\r(?!\n)|\n)/)) {
    const line = { text: whole.trim(), start: start + whole.length - whole.trimStart().length };
    if (line.text !== "" && !/^[#;]/.test(line.text)) readLine(reading, line);
    start += whole.length;
  }
  for (const [name, { of, fault }] of reading.pending) {
    const known = [...draft.groups.keys()].filter((each) => !reading.pending.has(each));
    const hint = didYouMean(name, known) ?? `a line [${name}] declares it, also without hosts`;
    const message =
      of === "vars" ? `has variables, and no section declares it` : "is a child, and no section declares it";
    draft.faults.push(fault(`the group \`${name}\` ${message}`, hint));
  }
}

function readLine(reading: Reading, line: Line): void {
  const [, name, kind] = /^\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?$/.exec(line.text) ?? [];
  if (name !== undefined) return readSection(reading, line, name, kind ?? "hosts");
  if (/^\[.*\]$/.test(line.text) || /^\[[^\]:]*\]\s*;/.test(line.text)) {
    const hint = /\s;/.test(line.text) ? "behind a section only # begins a comment" : `${SHAPE}, without spaces`;
    return wrong(reading, line, "this is no section", hint);
  }
  if (reading.kind === "hosts") readHosts(reading, line);
  else if (reading.kind === "vars") readVariable(reading, line);
  else readChild(reading, line);
}

function readSection(reading: Reading, line: Line, name: string, written: string): void {
  const { draft, pending } = reading;
  const kind = KINDS.find((each) => each === written);
  if (kind === undefined)
    return wrong(reading, line, `[${name}:${written}] is no kind of section`, didYouMean(written, KINDS) ?? SHAPE);
  const nameless = groupNameError(name);
  if (nameless !== undefined) return wrong(reading, line, nameless);
  const known = draft.groups.has(name);
  reading.into = group(draft, name);
  reading.kind = kind;
  if (!known && kind === "vars" && !pending.has(name))
    pending.set(name, { of: "vars", parents: [], fault: at(reading, line, line.text) });
  if (kind !== "vars") declare(reading, name);
}

/** What waited for a group goes on: as in Ansible, it becomes a child when it is declared, not when it is named. */
function declare({ draft, pending }: Reading, name: string): void {
  const waiting = pending.get(name);
  pending.delete(name);
  for (const parent of waiting?.parents ?? []) addChild(draft, group(draft, parent), name, waiting?.fault ?? nowhere);
}

const nowhere: FaultHere = (message) => ({ kind: "invalid-file", message });

function readChild(reading: Reading, line: Line): void {
  const { draft, pending, into } = reading;
  const [, name] = /^([^:\]\s]+)\s*(?:#.*)?$/.exec(line.text) ?? [];
  if (name === undefined)
    return wrong(
      reading,
      line,
      `expected the name of a group below [${into.name}:children]`,
      "one name a line, without variables",
    );
  const fault = at(reading, line, name);
  const waiting = pending.get(name);
  if (draft.groups.has(name)) addChild(draft, into, name, fault);
  else if (waiting === undefined) pending.set(name, { of: "children", parents: [into.name], fault });
  else waiting.parents.push(into.name);
}

function readVariable(reading: Reading, line: Line): void {
  const { draft, into } = reading;
  const [whole, name = "", gap = ""] = /^(.*?)\s*=(\s*)/.exec(line.text) ?? [];
  if (whole === undefined || name === "")
    return wrong(reading, line, `expected name=value below [${into.name}:vars]`, "one variable a line");
  const value = line.text.slice(whole.length);
  const valueAt = { text: value, start: line.start + whole.length - (value === "" ? gap.length : 0) };
  const fault: FaultHere = (message, hint, which) =>
    which === "key" ? at(reading, line, name)(message, hint) : at(reading, valueAt, value)(message, hint);
  setVariable(draft, into, name, { value: valueOf(reading, value), fault });
}

function readHosts(reading: Reading, line: Line): void {
  const words = splitLine(line.text);
  if ("error" in words)
    return wrong(
      reading,
      { text: line.text.slice(words.start), start: line.start + words.start },
      words.error,
      "put a value with quotes or blanks in quotes",
    );
  const [name, ...rest] = words;
  if (name === undefined) return;
  const vars = new Map<string, Variable>();
  // One mistake in a line is told: a sentence is as many as it has words.
  if (!rest.every((word) => readPair(reading, line, word, vars))) return;
  for (const word of words) if (word.cut) warnOfCut(reading, line, word);
  const here = { text: name.text, start: line.start + name.start };
  if (name.text.endsWith(":")) {
    return wrong(
      reading,
      here,
      `\`${name.text}\` ends with a colon`,
      "in an INI file a host stands alone or with a port, `web1:2222`; is this a YAML file? Then call it .yml",
    );
  }
  if (name.text === "---")
    return wrong(reading, here, "`---` begins a YAML file, and this is read as INI", "call it .yml");
  const fault = at(reading, { text: "", start: line.start + name.start }, line.text.slice(name.start, name.end));
  addHosts(reading.draft, reading.into, name.text, { vars, directory: reading.directory, fault });
}

function readPair(reading: Reading, line: Line, word: Word, vars: Map<string, Variable>): boolean {
  const here = { text: line.text.slice(word.start, word.end), start: line.start + word.start };
  const equals = word.text.indexOf("=");
  if (equals < 1) {
    const known = KINDS.some((kind) => word.text === kind);
    const hint = known ? SHAPE : "behind a host stand variables, name=value, without blanks around the =";
    wrong(reading, here, "expected name=value behind the host", hint);
    return false;
  }
  const name = word.text.slice(0, equals);
  const fault: FaultHere = (message, hint, which) =>
    which === "key" ? at(reading, here, name)(message, hint) : at(reading, here, here.text)(message, hint);
  vars.set(name, { value: valueOf(reading, word.text.slice(equals + 1)), fault });
  return true;
}

function warnOfCut(reading: Reading, line: Line, word: Word): void {
  const fault = at(reading, { text: "", start: line.start + word.end }, "#");
  const message = "what follows this # is a comment, as Ansible reads it, although no blank stands before it";
  reading.draft.warnings.push(fault(message, "put the value in quotes if the # belongs to it"));
}

/** As in Ansible a value is Python's literal where it can be one, and a text otherwise. */
function valueOf({ hidden }: Reading, text: string): unknown {
  const literal = pythonLiteral(text);
  const value = literal === undefined ? text : literal.value;
  return hidden ? concealed(value) : value;
}

function at({ source }: Reading, { start }: Line, text: string): FaultHere {
  return (message, hint) => source.fault(source.place(start, start + Math.max(1, text.length)), message, hint);
}

function wrong(reading: Reading, line: Line, message: string, hint?: string): void {
  reading.draft.faults.push(at(reading, line, line.text)(message, hint));
}
