import { cardOfQuestion, waitingFor, type WaitingRun } from "../report/waiting.ts";
import { cardLines } from "../view/card-lines.ts";
import { clean } from "../view/clean.ts";
import type { Question } from "../view/questions.ts";
import { counted } from "../view/words.ts";
import type { Choice } from "./approve-choice.ts";
import type { Dialogue } from "./prompt.ts";

/** How the cards of a run are put before a person. */
export type Asking = {
  readonly verdict: "approve" | "deny";
  /** Given before: it is not asked for. */
  readonly reason: string | undefined;
  readonly show: (line: string) => void;
  readonly dialogue: Dialogue;
  readonly width: number;
  readonly colour: boolean;
  readonly now: () => number;
};

/**
 * Shows the cards of a run one by one, those of one kind as one, and asks about each. What was answered before somebody leaves counts; null
 * when they gave up, and then nothing does.
 */
export async function askAll(run: WaitingRun, asking: Asking): Promise<readonly Choice[] | null> {
  const choices: Choice[] = [];
  const open = [...run.questions];
  for (let place = 1; open.length > 0; place += 1) {
    const question = open.shift();
    if (question === undefined) break;
    asking.show("");
    for (const line of linesOf(run, question, asking)) asking.show(line);
    const answer = await answerTo(question, `(${place} of ${place + open.length}) `, asking);
    if (answer === "given-up") return null;
    if (answer === "quit") break;
    if (answer === "singly") {
      open.unshift(...question.members.map((member): Question => ({ step: question.step, members: [member] })));
      place -= 1;
    } else if (answer !== "skip") choices.push(...chosen(question, answer, asking));
  }
  return choices;
}

function linesOf(run: WaitingRun, question: Question, { width, colour, now }: Asking): readonly string[] {
  const card = cardOfQuestion(run, question, now());
  const { host } = question.members[0];
  if (card === null) return [`${clean(host.host)}: its card cannot be shown, since the runbook is not on record`];
  return [
    ...cardLines(card, { width, colour, now: now(), all: true, functions: false }),
    ...waitingFor(question, { width, colour, now: now() }),
  ];
}

type Answer = { readonly verdict: "approve" | "deny"; readonly reason: string | undefined };

function chosen({ members }: Question, { verdict, reason }: Answer, { now }: Asking): readonly Choice[] {
  return members.map(({ host, step, digest }) => ({
    host: host.host,
    step: step.plan.id,
    digest,
    verdict,
    reason,
    decidedAt: now(),
  }));
}

async function answerTo(
  question: Question,
  place: string,
  asking: Asking,
): Promise<Answer | "skip" | "singly" | "quit" | "given-up"> {
  const { yes, words } = consentOf(question, asking.verdict);
  for (;;) {
    const answer = await asking.dialogue.ask(`${place}${words} `);
    if (answer === "given-up") return answer;
    if (answer === "end") return "quit";
    const typed = answer.typed.toLowerCase();
    if (yes.includes(typed))
      return asking.verdict === "deny" ? denial(asking) : { verdict: "approve", reason: asking.reason };
    if (["n", "no"].includes(typed)) return asking.verdict === "deny" ? "skip" : denial(asking);
    if (["s", "skip"].includes(typed)) return "skip";
    if (["q", "quit"].includes(typed)) return "quit";
    if (["o", "one"].includes(typed) && question.members.length > 1) return "singly";
  }
}

/** What is typed for a yes: a letter where little can go wrong, else a word that no finger types by itself. */
function consentOf(
  { step, members }: Question,
  verdict: "approve" | "deny",
): { readonly yes: readonly string[]; readonly words: string } {
  const amount = members.length;
  const singly = amount === 1 ? "" : ", o one by one";
  const these = amount === 1 ? "it" : `these ${counted(amount, "host")}`;
  if (verdict === "deny") return { yes: ["y", "yes"], words: `Deny ${these}? y yes, n no${singly}, q quit:` };
  const others = `n no (deny)${singly}, s skip, q quit`;
  if (step.fix?.kind === "manual") return { yes: ["done"], words: `Has it been done? Type done; ${others}:` };
  if (step.fix?.risk !== "high") return { yes: ["y", "yes"], words: `Approve ${these}? y yes, ${others}:` };
  const word = amount === 1 ? "yes" : String(amount);
  return { yes: [word], words: `HIGH risk. Approve ${these}? Type ${word}; ${others}:` };
}

async function denial({ reason, dialogue }: Asking): Promise<Answer | "quit" | "given-up"> {
  if (reason !== undefined) return { verdict: "deny", reason };
  for (;;) {
    const answer = await dialogue.ask("Why not? ");
    if (answer === "given-up") return answer;
    if (answer === "end") return "quit";
    if (answer.typed !== "") return { verdict: "deny", reason: answer.typed };
  }
}
