import type { Output, Printed } from "../model/output.ts";
import { formsOf, mask, MASK, type Secret } from "../model/secret.ts";
import type { Listener } from "./ports.ts";

/** What was printed, without secrets. Where its middle was dropped, a secret may have been cut in two: its halves are hidden too. */
export function maskOutput({ head, tail, omitted }: Printed, secrets: readonly Secret[]): Output {
  if (omitted === 0) return { head: mask(head, secrets), tail: mask(tail, secrets), omitted };
  const values = formsOf(secrets);
  return { head: mask(hideEnd(head, values), secrets), tail: mask(hideStart(tail, values), secrets), omitted };
}

/** Hides the longest beginning of a secret that the text ends with. */
function hideEnd(text: string, values: readonly string[]): string {
  const most = Math.max(0, ...values.map((value) => overlap(value, (part) => text.endsWith(part), 0)));
  return most === 0 ? text : `${text.slice(0, -most)}${MASK}`;
}

/** Hides the longest end of a secret that the text begins with. */
function hideStart(text: string, values: readonly string[]): string {
  const most = Math.max(0, ...values.map((value) => overlap(value, (part) => text.startsWith(part), value.length)));
  return most === 0 ? text : `${MASK}${text.slice(most)}`;
}

/** Length of the longest part at one side of `value` (0: its beginning, else its end) that `holds`. */
function overlap(value: string, holds: (part: string) => boolean, side: number): number {
  for (let length = value.length; length > 0; length -= 1) {
    if (holds(side === 0 ? value.slice(0, length) : value.slice(-length))) return length;
  }
  return 0;
}

/** What a script prints, as it comes and without secrets: by whole lines, since a secret may come in two pieces. */
export function maskLines(secrets: readonly Secret[], tell: Listener): Listener {
  if (secrets.length === 0) return tell;
  const rest = { stdout: "", stderr: "" };
  return (stream, text) => {
    if (text === null) {
      tell(stream, null);
      return;
    }
    const lines = (rest[stream] + text).split("\n");
    // A line longer than this is for nobody to read. It is dropped whole: what is left of one may hold a part of a secret.
    rest[stream] = (lines.pop() ?? "").slice(0, LONGEST_LINE + 1);
    const told = lines.filter((line) => line.length <= LONGEST_LINE).map((line) => `${line}\n`);
    if (told.length > 0) tell(stream, mask(told.join(""), secrets));
  };
}

const LONGEST_LINE = 65_536;
