import { countsFor } from "../engine/permission.ts";
import type { RunState } from "../engine/state.ts";
import type { LoadedRunbook } from "../model/runbook.ts";
import { answersTo } from "../view/answers.ts";
import { cardLines } from "../view/card-lines.ts";
import { groupCardOf, type Card } from "../view/card.ts";
import { HIDDEN } from "../view/evidence.ts";
import { clean } from "../view/clean.ts";
import { foldHosts } from "../view/hosts.ts";
import { counted } from "../view/words.ts";
import { wantedOf, type Question } from "../view/questions.ts";
import type { Harmless } from "./harmless.ts";
import type { NoticeCard } from "./notice.ts";

/** Columns of a card in a message. */
const WIDTH = 100;

/** Lines of a card in a message: a script may be as long as a file. */
const MOST_LINES = 400;

/** The card of a question as a message holds it: as on a terminal, with what is private hidden and no link in what hosts said. */
export function noticeCard(
  state: RunState,
  loaded: LoadedRunbook | null,
  question: Question,
  { harmless, option }: { readonly harmless: Harmless; readonly option: string },
): NoticeCard {
  const { step, members } = question;
  const hosts = members.map(({ host }) => host.host);
  const told = (text: string): string => harmless(hosts, text);
  const card = loaded === null ? null : groupCardOf({ state, hosts, step: step.id, loaded });
  const { approve, deny } = answersTo(`${clean(state.run)}${option}`, question);
  return {
    hosts: clean(foldHosts(hosts)),
    risk: step.fix?.risk ?? null,
    expires: yesCounts(state, members[0]),
    lines:
      card === null
        ? ["the runbook is not on record, so the card cannot be shown"]
        : shortened(
            cardLines(hidden(card, question, told), { width: WIDTH, colour: false }),
            `${clean(state.run)}${option}`,
          ),
    approve,
    deny,
  };
}

/** Seconds, from the last entry on. */
function yesCounts(state: RunState, member: Question["members"][0]): number {
  const matter = { plan: state.plan, host: member.host.host, step: member.step.plan, now: state.at };
  return countsFor(matter, wantedOf(state, member, state.at).permission).seconds;
}

function shortened(lines: readonly string[], run: string): string[] {
  const rest = lines.length - MOST_LINES;
  if (rest <= 0) return [...lines];
  const words = `!!  ${counted(rest, "line")} of this card left out: \`runbook approvals ${run}\` shows all of it`;
  return [...lines.slice(0, MOST_LINES), words];
}

function hidden(card: Card, { step }: Question, told: (text: string) => string): Card {
  const secret = new Set(step.columns.filter((column) => column.private).map(({ name }) => clean(name)));
  const { columns, rows } = card.evidence;
  return {
    ...card,
    against: card.against.map((one) => ({
      ...one,
      text: told(one.text),
      // What changed may be a value too short to be masked wherever it stands.
      lines: secret.size > 0 ? [] : (one.lines ?? []).map(told),
    })),
    evidence: {
      columns,
      rows: rows.map((row) => row.map((cell, at) => (secret.has(columns[at]?.name ?? "") ? HIDDEN : told(cell)))),
    },
    values: card.values.map((value) => ({ ...value, text: told(value.text) })),
    preview: card.preview && {
      lines: card.preview.lines.map(told),
      failed: card.preview.failed === null ? null : told(card.preview.failed),
    },
    fared: told(card.fared),
    history: told(card.history),
    waived: told(card.waived),
  };
}
