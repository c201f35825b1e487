import { giveUp, looking, type Reader } from "./reader.ts";
import { dollar, piece } from "./words.ts";

/** Skips blanks and comments, and with `lines` the ends of lines too. */
export function skip(reader: Reader, lines: boolean): void {
  for (;;) {
    const char = reader.text.charAt(reader.at);
    if (char === " " || char === "\t" || char === "\r") reader.at += 1;
    else if (looking(reader, "\\\n")) reader.at += 2;
    else if (char === "#") {
      const end = reader.text.indexOf("\n", reader.at);
      reader.at = end < 0 ? reader.text.length : end;
    } else if (char === "\n" && lines) {
      reader.at += 1;
      heredocBodies(reader);
    } else return;
  }
}

/** Reads exactly this text, after blanks, comments and ends of lines. */
export function expect(reader: Reader, text: string): void {
  skip(reader, true);
  if (!looking(reader, text)) giveUp();
  reader.at += text.length;
}

/** Reads the bodies of the here-documents whose line has ended. */
function heredocBodies(reader: Reader): void {
  for (const heredoc of reader.pending.splice(0)) {
    const { end, quoted, tabs } = heredoc;
    const first = reader.references.length;
    for (;;) {
      if (reader.at >= reader.text.length) {
        reader.unclosed.push(heredoc);
        break;
      }
      const stop = reader.text.indexOf("\n", reader.at);
      const line = reader.text.slice(reader.at, stop < 0 ? undefined : stop);
      if ((tabs ? line.replace(/^\t+/, "") : line) === end) {
        reader.at += line.length + 1;
        break;
      }
      if (quoted) reader.at += line.length + 1;
      else heredocLine(reader);
    }
    for (let at = first; at < reader.references.length; at += 1) {
      const reference = reader.references[at];
      if (reference !== undefined) reader.references[at] = { ...reference, from: heredoc.at };
    }
  }
}

/** Reads up to the end of a line, or further where an expansion goes over several. */
function heredocLine(reader: Reader): void {
  while (reader.at < reader.text.length && reader.text.charAt(reader.at) !== "\n") {
    const char = reader.text.charAt(reader.at);
    // Quotes stand for themselves here, also behind a dollar.
    if (char === "'" || char === '"') reader.at += 1;
    else if (char === "$") dollar(reader, true);
    else piece(reader, char);
  }
  reader.at += 1;
}
