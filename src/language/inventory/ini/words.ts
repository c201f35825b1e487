/** One word of a line: its text without quotes, and where it stands in the line. */
export type Word = {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** A comment begins right behind it, without a space: it was hardly meant as one. */
  readonly cut: boolean;
};

/** Why a line cannot be taken apart; `start` is where the trouble begins. */
export type BadLine = { readonly error: string; readonly start: number };

const PIECE = /'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\\([\s\S])|([^ \t\r\n'"\\#]+)/y;

/** Takes a line apart as Python's `shlex` does: quotes and backslashes, and a `#` outside of quotes begins a comment, even within a word. */
export function splitLine(line: string): readonly Word[] | BadLine {
  const words: Word[] = [];
  let at = 0;
  for (;;) {
    while (/[ \t\r\n]/.test(line[at] ?? "")) at += 1;
    if (at >= line.length || line[at] === "#") return words;
    const word = wordAt(line, at);
    if ("error" in word) return word;
    words.push(word);
    at = word.end;
  }
}

function wordAt(line: string, start: number): Word | BadLine {
  let text = "";
  let end = start;
  while (end < line.length && !/[ \t\r\n#]/.test(line[end] ?? "")) {
    PIECE.lastIndex = end;
    const match = PIECE.exec(line);
    if (match === null) {
      const what = line[end] === "\\" ? "a backslash stands before nothing" : `a quote (${line[end]}) is not closed`;
      return { error: what, start: end };
    }
    const [whole, single, double, escaped, plain] = match;
    text += single ?? double?.replaceAll(/\\(["\\])/g, "$1") ?? escaped ?? plain ?? "";
    end += whole.length;
  }
  return { text, start, end, cut: line[end] === "#" };
}
