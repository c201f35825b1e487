/** A stretch of a script, by code units from its beginning. */
export type Stretch = { readonly at: number; readonly length: number };

/** A name that a script reads or sets; in lower case, since PowerShell does not mind the case. */
export type Named = Stretch & { readonly name: string };

/** What is known of a PowerShell script by reading it. */
export type PowershellScript = {
  readonly text: string;
  /** `$name` and `${name}`, in strings too; scopes such as `global:` are left out, other drives such as `env:` are no variables. */
  readonly references: readonly Named[];
  /** The members of `$rb` that it reads. */
  readonly members: readonly Named[];
  readonly assigned: ReadonlySet<string>;
  /** Commands and parameters: what stands outside of strings, comments and variables, in lower case. */
  readonly words: readonly Named[];
  /** The text with its strings and comments blanked out, place for place. */
  readonly code: string;
};

/** What no PowerShell would take. */
export type Unclosed = Stretch & { readonly message: string };

const SINGLE = "'\u2018\u2019\u201A\u201B";
const DOUBLE = '"\u201C\u201D\u201E';
const CLOSES: Readonly<Record<string, string>> = { "(": ")", "{": "}" };

type State = {
  readonly text: string;
  at: number;
  readonly code: string[];
  readonly references: Named[];
  readonly members: Named[];
  readonly open: { readonly char: string; readonly at: number }[];
};

class Broken extends Error {
  readonly unclosed: Unclosed;
  constructor(unclosed: Unclosed) {
    super(unclosed.message);
    this.unclosed = unclosed;
  }
}

/** Reads a script as far as its quotes, brackets, comments and variables go; or says which of them has no end. */
export function readPowershell(text: string): PowershellScript | Unclosed {
  const state: State = {
    text,
    at: 0,
    code: Array.from({ length: text.length }, () => " "),
    references: [],
    members: [],
    open: [],
  };
  try {
    readCode(state, null);
  } catch (error) {
    if (error instanceof Broken) return error.unclosed;
    throw error;
  }
  const { references, members } = state;
  const code = state.code.join("");
  return { text, references, members, code, assigned: assignedIn(code), words: wordsIn(code) };
}

/** Reads up to the bracket that closes, which is passed over; null: to the end of the text. */
function readCode(state: State, close: string | null): void {
  const { text, code, open } = state;
  const begun = open.length;
  while (state.at < text.length) {
    const char = text[state.at] ?? "";
    if (open.length === begun && char === close) return void (state.at += 1);
    if (skipped(state)) continue;
    if (char === "$") readVariable(state);
    else if (DOUBLE.includes(char)) readString(state, state.at, false);
    else {
      code[state.at] = char;
      if (char in CLOSES) open.push({ char, at: state.at });
      else if (char === ")" || char === "}") closeBracket(state, char, begun);
      state.at += 1;
    }
  }
  const last = open.at(-1);
  if (last !== undefined) broken(last.at, 1, `this \`${last.char}\` is never closed`);
  if (close !== null) broken(text.length - 1, 1, `a \`${close}\` is missing at the end`);
}

function closeBracket({ open, at }: State, char: string, begun: number): void {
  const last = open.length > begun ? open.pop() : undefined;
  if (last !== undefined && CLOSES[last.char] === char) return;
  broken(
    at,
    1,
    last === undefined ? `nothing is open that this \`${char}\` closes` : `this \`${char}\` closes a \`${last.char}\``,
  );
}

/** Passes over what is no code: comments, escapes, strings in which nothing is read, and what is handed to a program as it is. */
function skipped(state: State): boolean {
  const { text, at } = state;
  const rest = text.slice(at, at + 3);
  if (rest.startsWith("<#")) return toEnd(state, "#>", 2, "this comment is never closed");
  if (text[at] === "#" && /(?:^|[\s;(){}|,])$/.test(text.slice(Math.max(0, at - 1), at))) return toLineEnd(state);
  if (rest === "--%") return toLineEnd(state);
  if (text[at] === "`") return (state.at += 2) > 0;
  const here = /^@(['"\u2018-\u201E])[ \t]*\r?\n/.exec(text.slice(at, at + 200));
  if (here !== null) return hereString(state, here[1] ?? "'", here[0].length);
  if (!SINGLE.includes(text[at] ?? "")) return false;
  const string = new RegExp(`[${SINGLE}](?:[^${SINGLE}]|[${SINGLE}]{2})*[${SINGLE}]`, "y");
  string.lastIndex = at;
  const found = string.exec(text);
  if (found === null) broken(at, 1, "this quote is never closed");
  state.at = string.lastIndex;
  return true;
}

function toEnd(state: State, end: string, from: number, message: string): boolean {
  const found = state.text.indexOf(end, state.at + from);
  if (found < 0) broken(state.at, from, message);
  state.at = found + end.length;
  return true;
}

function toLineEnd(state: State): boolean {
  const end = state.text.indexOf("\n", state.at);
  state.at = end < 0 ? state.text.length : end;
  return true;
}

function hereString(state: State, quote: string, length: number): boolean {
  const { text, at } = state;
  const end = new RegExp(`\\n[${SINGLE.includes(quote) ? SINGLE : DOUBLE}]@`).exec(text.slice(at + length - 1));
  if (end === null) broken(at, 2, "this here-string is never closed");
  const stop = at + length - 1 + end.index;
  if (DOUBLE.includes(quote)) {
    const within = { ...state, text: text.slice(0, stop), at: at + length };
    while (within.at < stop) readExpandable(within);
  }
  state.at = stop + 3;
  return true;
}

function readString(state: State, from: number, nested: boolean): void {
  state.at += 1;
  while (state.at < state.text.length) {
    const char = state.text[state.at] ?? "";
    if (!DOUBLE.includes(char)) readExpandable(state);
    else if (DOUBLE.includes(state.text[state.at + 1] ?? "none")) state.at += 2;
    else return void (state.at += 1);
  }
  broken(from, 1, nested ? "a quote within is never closed" : "this quote is never closed");
}

/** One character of a string in double quotes, or the variable or expression that begins there. */
function readExpandable(state: State): void {
  const char = state.text[state.at];
  if (char === "`") state.at += 2;
  else if (char === "$") readVariable(state, true);
  else state.at += 1;
}

const VARIABLE = /\$(?:\{([^}]*)\}|((?:\w+:(?!:))?[\w?]+|[$^]))/y;

/** In a string `$rb.name` is the variable and then text. */
function readVariable(state: State, string = false): void {
  const { text, at } = state;
  if (text[at + 1] === "(") {
    state.at += 2;
    if (!string) state.code[at + 1] = "(";
    readCode(state, ")");
    return;
  }
  VARIABLE.lastIndex = at;
  const found = VARIABLE.exec(text);
  if (found === null) return void (state.at += 1);
  const written = (found[1] ?? found[2] ?? "").toLowerCase();
  const [, scope = "", name = ""] = /^(?:(\w+):)?(.*)$/s.exec(written) ?? [];
  state.at = VARIABLE.lastIndex;
  if (!string) for (let each = at; each < state.at; each++) state.code[each] = text[each] ?? " ";
  if (scope !== "" && !["global", "script", "local", "private", "using"].includes(scope)) return;
  const member = name === "rb" && !string ? /^\.(\w+)(?!\w|\s*\()/.exec(text.slice(state.at, state.at + 100)) : null;
  if (member?.[1] === undefined) state.references.push({ name, at, length: state.at - at });
  else state.members.push({ name: member[1].toLowerCase(), at, length: state.at - at + member[0].length });
}

function assignedIn(code: string): Set<string> {
  const name = String.raw`\$(?:\w+:)?\{?(\w+)\}?`;
  const patterns = [
    new RegExp(String.raw`${name}\s*(?:[-+*/%]?=|\+\+|--)`, "g"),
    new RegExp(String.raw`\bforeach\s*\(\s*${name}\s+in\b`, "gi"),
    /-(?:Out|Error|Warning|Information|Pipeline)?Variable\s+\+?(\w+)/gi,
    new RegExp(String.raw`\[ref\]\s*${name}`, "gi"),
  ];
  const found = patterns.flatMap((pattern) => Array.from(code.matchAll(pattern), ([, one = ""]) => one.toLowerCase()));
  const parameters = Array.from(code.matchAll(/(?:\bparam|\bfunction\s+[\w-]+)\s*\(([^{]*?)\)/gi), ([, list = ""]) =>
    Array.from(list.matchAll(/\$(\w+)/g), ([, one = ""]) => one.toLowerCase()),
  );
  return new Set([...found, ...parameters.flat()]);
}

function wordsIn(code: string): Named[] {
  return Array.from(code.matchAll(/(?<![\w$.:])-?[a-z][\w-]*/gi), (match) => ({
    name: match[0].toLowerCase(),
    at: match.index,
    length: match[0].length,
  }));
}

function broken(at: number, length: number, message: string): never {
  throw new Broken({ at, length, message });
}
