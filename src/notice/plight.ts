import { createHash } from "node:crypto";
import type { NoticeKind } from "../model/notification.ts";
import type { BookedFire } from "../schedule/book.ts";
import { troubleOf, workAfter, type Firing, type Help, type Trouble } from "../schedule/trouble.ts";
import { clean } from "../view/clean.ts";
import type { ToldLine } from "./news.ts";
import type { Notice } from "./notice.ts";
import { bareNotice } from "./summary.ts";

/** What a listener is told of a schedule itself, and what has been told of it from then on. */
export type Plight = { readonly notice: Notice | null; readonly told: readonly ToldLine[] };

/** Whoever wants to know, and what has been told there of the schedule: at most one trouble, by its time. */
type Listener = { readonly name: string; readonly on: readonly NoticeKind[]; readonly told: readonly ToldLine[] };

/** When it is told, since when somebody looks without a break, and the options that name the record and the file of schedules in commands: ` --state DIR`, ` --schedules FILE`, or nothing. */
type Around = {
  readonly now: number;
  readonly attended: number;
  readonly option: string;
  readonly schedulesOption: string;
};

/**
 * What a listener is told of a schedule that cannot do its work, once until it changes, and that it does it again; null: nothing new. The same fires make
 * the same messages, with the same ids.
 */
export function plightOf(firing: Firing, { name, on, told }: Listener, around: Around): Plight | null {
  const [before] = told;
  const trouble = troubleOf(firing, around);
  if (trouble !== null) {
    // What is older than what was told last was told before it.
    const known = before !== undefined && (before.mark === trouble.mark || trouble.at <= Number(before.key));
    if (!on.includes("unknown") || known) return null;
    const line: ToldLine = { key: String(trouble.at), kind: "unknown", mark: trouble.mark };
    return { notice: noticeOf("unknown", trouble, name, around), told: [line] };
  }
  const fire = before === undefined ? null : workAfter(firing, Number(before.key));
  if (before === undefined || fire === null) return null;
  if (!on.includes("recovered")) return { notice: null, told: [] };
  const { mark, key } = before;
  const again = { fire, words: "does its work again", reason: "", help: null, mark, at: Number(key) };
  return { notice: noticeOf("recovered", again, name, around), told: [] };
}

function noticeOf(
  kind: "unknown" | "recovered",
  { fire, words, reason, help, mark, at }: Trouble,
  name: string,
  around: Around,
): Notice {
  const { schedule } = fire;
  const id = createHash("sha256")
    .update(JSON.stringify(["schedule", schedule, fire.id, name, kind, mark, at]))
    .digest("hex")
    .slice(0, 32);
  const begins = kind === "unknown" ? "Cannot tell" : "Recovered";
  return {
    ...bareNotice(name, around.now),
    id,
    kind,
    title: clean(`${begins}: schedule ${schedule} ${words}`),
    schedule: clean(schedule),
    fire: new Date(fire.nominal).toISOString(),
    run: hasRecord(fire) ? clean(fire.run ?? "") : null,
    reason: clean([reason, ...helpWords(help, around)].join("; "), { max: 1000 }),
    more: named("runbook schedule list", around),
  };
}

function helpWords(help: Help | null, around: Around): string[] {
  if (help === null) return [];
  const commands = help.commands.map((command) => `\`${named(command, around)}\``).join(" and ");
  return [commands === "" ? help.words : `${commands} ${help.words}`];
}

/** A command with what it needs to find what it is about. */
function named(command: string, { option, schedulesOption }: Around): string {
  return `${command}${command.startsWith("runbook schedule ") ? schedulesOption : ""}${option}`;
}

/** Of what was never begun there is no run to look at. */
function hasRecord({ run, seq, note, tries, stage }: BookedFire): boolean {
  if (run === null || stage === "due") return false;
  return seq !== null || (note === null && tries === 0);
}
