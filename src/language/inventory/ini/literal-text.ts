const OPENING = /(r|u|b|br|rb)?('''|"""|'|")/iy;
const SIMPLE: Readonly<Record<string, string>> = {
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};
const ESCAPE = /\\(?:([0-7]{1,3})|x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([^xuUN]))/y;

/** Reads one of Python's texts in quotes that begins at `at`; undefined where none does, or where it is not closed. */
export function pythonText(
  text: string,
  at: number,
): { readonly value: string; readonly end: number; readonly bytes: boolean } | undefined {
  OPENING.lastIndex = at;
  const [opening, prefix = "", quote] = OPENING.exec(text) ?? [];
  if (opening === undefined || quote === undefined) return undefined;
  const raw = /r/i.test(prefix);
  let value = "";
  let here = at + opening.length;
  while (!text.startsWith(quote, here)) {
    const piece = pieceAt(text, here, raw);
    if (piece === undefined) return undefined;
    value += piece.value;
    here += piece.length;
  }
  return { value, end: here + quote.length, bytes: /b/i.test(prefix) };
}

/** One character, or what an escape stands for; undefined at the end of the text and for an escape that Python refuses. */
function pieceAt(text: string, at: number, raw: boolean): { value: string; length: number } | undefined {
  const character = text[at];
  if (character === undefined) return undefined;
  if (character !== "\\") return { value: character, length: 1 };
  if (raw) return at + 1 < text.length ? { value: text.slice(at, at + 2), length: 2 } : undefined;
  ESCAPE.lastIndex = at;
  const [whole, octal, byte, short, long, other = ""] = ESCAPE.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const hexadecimal = byte ?? short ?? long;
  const code = octal === undefined ? Number.parseInt(hexadecimal ?? "", 16) : Number.parseInt(octal, 8);
  if (Number.isNaN(code)) return { value: SIMPLE[other] ?? whole, length: whole.length };
  return code > 0x10_ff_ff ? undefined : { value: String.fromCodePoint(code), length: whole.length };
}
