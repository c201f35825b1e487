/** What begins the list of `$rb`'s members (script/powershell). */
const BEGIN = "$rb = New-Object -TypeName PSObject -Property @{ ";

/** A string of PowerShell, in which each quote is doubled as itself. */
const STRING = /'((?:[^'\u2018-\u201B]|(['\u2018-\u201B])\2)*)'/y;

/** A value that is no list of findings, and what follows it. */
const VALUE = /(?:\[double\])?('(?:[^'\u2018-\u201B]|(['\u2018-\u201B])\2)*')|(-?[\d.]+|\$(?:true|false|null))/y;

/** The members of `$rb` with which a script for PowerShell begins, as it was sent: as text, and empty where it is `$null`; lists of findings are left out. */
export function membersOf(text: string): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  const begin = text.indexOf(BEGIN);
  if (begin < 0) return found;
  let at = begin + BEGIN.length;
  for (;;) {
    const name = matchAt(STRING, text, at);
    if (name === null || !text.startsWith(" = ", at + name[0].length)) break;
    at += name[0].length + " = ".length;
    const value = matchAt(VALUE, text, at);
    const length = value?.[0].length ?? listLength(text, at);
    if (value !== null) found[plain(name[0])] = wordOf(value);
    if (!text.startsWith("; ", at + length)) break;
    at += length + "; ".length;
  }
  return found;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function wordOf([, string, , word = ""]: RegExpExecArray): string {
  if (string !== undefined) return plain(string);
  return word === "$null" ? "" : word.replace("$", "");
}

const plain = (string: string): string => string.slice(1, -1).replaceAll(/(['\u2018-\u201B])\1/g, "$1");

/** How long the list that begins there is, its brackets included. */
function listLength(text: string, begin: number): number {
  let depth = 0;
  for (let at = begin; at < text.length; at += 1) {
    const string = matchAt(STRING, text, at);
    if (string !== null) at += string[0].length - 1;
    else if (text[at] === "(") depth += 1;
    else if (text[at] === ")" && --depth === 0) return at + 1 - begin;
  }
  return text.length - begin;
}
