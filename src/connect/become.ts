import type { Fault } from "../model/fault.ts";
import { isFault } from "../model/fault.ts";
import type { BecomeMeans } from "../model/inventory.ts";
import type { Secret } from "../model/secret.ts";
import { becomeCommand } from "../script/become.ts";
import { hearing, PATIENCE, soon, type Stream } from "./hearing.ts";
import { randomMark } from "./mark.ts";
import type { OpenPipe, Pipe, PipeEnd } from "./pipe.ts";
import { refusalOf } from "./refusal.ts";
import { lastLine, privilegeFault } from "./refused.ts";
import { within } from "./within.ts";

/** Who to become, and how. */
export type Wish = {
  readonly shell: "sh" | "bash";
  readonly user: string;
  readonly means: BecomeMeans;
  readonly password: Secret | undefined;
};

/** ms that a program which was refused its password is given to end. */
const GIVING_UP = 3000;
/** ms without a further byte after which a line without an end counts as a question. */
const QUIET = 300;

/** A question whose words we did not choose, at the end of what was printed; and one of them that asks for a password. */
const QUESTION = /[^\r\n]*\S[^\r\n]*[:：?] ?$/;
const FOR_PASSWORD = /pass ?(?:word|phrase|code)[^:：?]*[:：] ?$/i;
/** What su and doas ask with where nobody has changed it. */
const USUAL = /(?:^|[\r\n])(?:Password|doas \([^()]*\) password): $/;

/** A shell of another user, on a pipe that waits for its first line, or why there is none. */
export async function becomeUser(open: OpenPipe, wish: Wish): Promise<Pipe | Fault | "full"> {
  const ready = randomMark();
  const prompt = wish.password === undefined ? null : randomMark();
  const pipe = await open(becomeCommand({ ...wish, ready, prompt }));
  if (pipe === "full" || isFault(pipe)) return pipe;
  const refusal = await converse(pipe, wish, ready, prompt);
  if (refusal !== undefined) return refusal;
  // The line that the shell waits for.
  pipe.write("\n");
  return wish.means.method === "sudo" ? pipe : { ...pipe, ended: pipe.ended.then(withSignal) };
}

/** Others than sudo tell a shell that was killed by their exit code. */
function withSignal(end: PipeEnd): PipeEnd {
  if (end.kind === "lost" || end.code === null || end.code <= 128) return end;
  return { ...end, code: null, signal: end.code - 128 };
}

/** How a conversation went: a shell, the same question again, or one that a password does not answer. */
type Answer = "ready" | "again" | { readonly question: string };

/**
 * Talks to the program until the shell is there. The password goes out at most once: as the answer to our own prompt, or where that cannot be
 * set, to the first line without an end that asks for a password, before anything of the shell has come.
 */
async function converse(pipe: Pipe, wish: Wish, ready: string, prompt: string | null): Promise<Fault | undefined> {
  const { promise: there, resolve } = Promise.withResolvers<Answer>();
  const heard = hearing();
  let before = "";
  let asked = 0;
  let ours = false;
  const all = (): string => `${heard.text("stdout")}\n${heard.text("stderr")}`;
  const reply = (): void => {
    asked++;
    if (asked > 1) return resolve("again");
    if (wish.password === undefined) return resolve("again");
    before = all();
    for (const stream of ["stdout", "stderr"] as const) heard.drop(stream, heard.text(stream));
    pipe.write(`${wish.password.reveal()}\n`);
  };
  let quiet: NodeJS.Timeout | undefined;
  const listen = (stream: Stream): void => {
    if (heard.text("stdout").includes(`${ready}\n`)) return resolve("ready");
    if (prompt !== null && heard.drop("stderr", prompt)) {
      ours = true;
      return reply();
    }
    const question = QUESTION.exec(heard.text(stream))?.[0].trim();
    // What sudo-rs puts behind a prompt of ours.
    if (question === undefined || (ours && question.startsWith("]"))) return;
    if (USUAL.test(heard.text(stream))) return reply();
    quiet = setTimeout(() => (FOR_PASSWORD.test(question) ? reply() : resolve({ question })), QUIET);
  };
  pipe.receive((stream, chunk) => {
    clearTimeout(quiet);
    heard.push(stream, chunk);
    listen(stream);
  });
  const answer = await soon(there, pipe);
  clearTimeout(quiet);
  if (answer === "ready") return undefined;
  // The end of its input is read as giving up, and the program writes its own log before it goes.
  pipe.end();
  await within(GIVING_UP, pipe.ended);
  pipe.abandon();
  if (typeof answer === "object") return otherQuestion(wish, answer.question);
  if (answer === "late" && asked < 2) return hangs(wish, all());
  const silently = asked > 1 && all().trim() === "";
  return refusalOf({
    ...wish,
    said: `${before}\n${all()}`,
    passwordGiven: wish.password !== undefined,
    asked,
    silently,
  });
}

function otherQuestion({ means: { method } }: Wish, question: string): Fault {
  return privilegeFault(
    `${method} asks what a password does not answer: ${question.slice(0, 200)}`,
    "A second factor or a new password cannot be given: let this user become another without it.",
  );
}

function hangs({ means: { method } }: Wish, said: string): Fault {
  return privilegeFault(
    `${method} did not answer within ${PATIENCE} s${lastLine(said)}`,
    "It may wait for a directory or the name service (PAM, LDAP, SSSD): try it there by hand.",
  );
}
