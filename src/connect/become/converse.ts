import type { Secret } from "../../model/secret.ts";
import { hearing, soon, type Stream } from "../hearing.ts";
import type { Pipe } from "../pipe.ts";
import { within } from "../within.ts";

/** What a program that makes another user is given, and how it is known that it has: `prompt` is what it asks with, null where it asks as it likes. */
type Given = {
  readonly password: Secret | undefined;
  readonly ready: string;
  readonly prompt: string | null;
  readonly patience: number;
};

/** How the conversation went. `refused`: `silently` if it asked again without a word about what was wrong. */
export type Talk =
  | { readonly end: "ready" }
  | { readonly end: "question"; readonly question: string }
  | { readonly end: "late"; readonly said: string }
  | { readonly end: "refused"; readonly said: string; readonly asked: number; readonly silently: boolean };

/** ms that a program which was refused its password is given to end. */
const GIVING_UP = 3000;
/** ms without a further byte after which a line without an end counts as a question. */
const QUIET = 300;

/** How a question ends whose words we did not choose; letters of it that are looked at; and one of them that asks for a password. */
const ASKS = /[:：?] ?$/;
const LONGEST = 500;
const FOR_PASSWORD = /pass ?(?:word|phrase|code)[^:：?]*[:：] ?$/i;
/** What su, doas and a sudo-rs ask with where nobody has changed it. */
const USUAL = /(?:^|[\r\n])(?:(?:\[sudo: authenticate\] )?Password|doas \([^()]*\) password): $/;

/** The end of input, as it is typed. */
const END_OF_INPUT = "\u0004";

/**
 * Talks to the program until the shell is there. The password goes out at most once: as the answer to our own prompt, or where that cannot be
 * set, to the first line without an end that asks for a password, before anything of the shell has come. On a terminal it is asked and answered there.
 */
export async function converse(
  { pipe, screen }: { readonly pipe: Pipe; readonly screen?: Pipe },
  { password, ready, prompt, patience }: Given,
): Promise<Talk> {
  const { promise: there, resolve } = Promise.withResolvers<"ready" | "again" | { readonly question: string }>();
  const heard = hearing();
  const streams: readonly Stream[] = ["stdout", "stderr", "terminal"];
  const all = (): string => streams.map((stream) => heard.text(stream)).join("\n");
  let before = "";
  let asked = 0;
  let ours = false;
  const reply = (): void => {
    asked++;
    if (asked > 1 || password === undefined) return resolve("again");
    before = all();
    for (const stream of streams) heard.drop(stream, heard.text(stream));
    (screen ?? pipe).write(`${password.reveal()}\n`);
  };
  let quiet: NodeJS.Timeout | undefined;
  const listen = (stream: Stream): void => {
    if (heard.text("stdout").includes(`${ready}\n`)) return resolve("ready");
    if (prompt !== null && heard.drop(stream, prompt)) {
      ours = true;
      return reply();
    }
    const question = questionIn(heard.text(stream));
    // What sudo-rs puts behind a prompt of ours.
    if (question === undefined || (ours && question.startsWith("]"))) return;
    if (USUAL.test(heard.text(stream))) return reply();
    quiet = setTimeout(() => (FOR_PASSWORD.test(question) ? reply() : resolve({ question })), QUIET);
  };
  const hear = (stream: Stream, chunk: Uint8Array): void => {
    clearTimeout(quiet);
    heard.push(stream, chunk);
    listen(stream);
  };
  pipe.receive(hear);
  screen?.receive((_, chunk) => hear("terminal", chunk));
  const answer = await soon(there, pipe, patience);
  clearTimeout(quiet);
  screen?.receive(() => undefined);
  if (answer === "ready") return { end: "ready" };
  // The end of its input is read as giving up, and the program writes its own log before it goes.
  screen?.write(END_OF_INPUT);
  pipe.end();
  await within(GIVING_UP, pipe.ended);
  pipe.abandon();
  if (typeof answer === "object") return { end: "question", ...answer };
  if (answer === "late" && asked < 2) return { end: "late", said: all() };
  return { end: "refused", said: `${before}\n${all()}`, asked, silently: asked > 1 && all().trim() === "" };
}

/** What stands last in a text, and asks. Not by one pattern: on a long line that would take minutes, in which every other host waits. */
function questionIn(text: string): string | undefined {
  const line = text.slice(Math.max(text.lastIndexOf("\n"), text.lastIndexOf("\r")) + 1).slice(-LONGEST);
  return ASKS.test(line) && line.trim().length > 1 ? line.trim() : undefined;
}
