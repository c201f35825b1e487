import type { NoticeKind } from "../model/notification.ts";
import { counted } from "../view/words.ts";
import { moment } from "../engine/words.ts";
import { duration } from "../view/words.ts";
import type { Notice, NoticeCard } from "./notice.ts";

const OF_STEP: Readonly<Record<NoticeKind, string>> = {
  found: "Found",
  waiting: "Needs approval",
  fixed: "Fixed",
  failed: "Fix failed",
  unknown: "Unknown",
  recovered: "Recovered",
  recurring: "Keeps coming back",
};

/** What a message is about, in one line. `step` null: whole hosts. Both are cleaned. */
export function titleOf(kind: NoticeKind, step: string | null, hosts: string): string {
  if (step !== null) return `${OF_STEP[kind]}: ${step} on ${hosts}`;
  return kind === "recovered" ? `Recovered: ${hosts} can be looked at again` : `Unknown: ${hosts} cannot be looked at`;
}

/** The message below its title, in lines. What hosts said stands behind a number of spaces, and begins no line. */
export function noticeLines(notice: Notice): string[] {
  const { findings, hosts, cards, messages } = notice;
  const rest = hosts.count - findings.length;
  const parts = [
    originLines(notice),
    findings.flatMap(({ host, what, reason }) => [
      `${host}${[what, reason].some((text) => text !== "") ? ": " : ""}${[what, reason].filter((text) => text !== "").join(" · ")}`,
    ]),
    rest > 0 && findings.length > 0 ? [`and ${counted(rest, "more host")}`] : [],
    ...cards.map(cardWords),
    messages.flatMap(({ title, more }) => [`- ${title}`, ...(more === null ? [] : [`  ${more}`])]),
    notice.unlisted === 0 ? [] : [unlistedWords(notice)],
    notice.more === null ? [] : [`more: ${notice.more}`],
  ];
  return parts.filter((lines) => lines.length > 0).flatMap((lines, at) => (at === 0 ? lines : ["", ...lines]));
}

/** Whoever answers the cards of a message must know that others wait. */
function unlistedWords({ kind, unlisted }: Notice): string {
  if (kind === "summary") return `and ${counted(unlisted, "more message")}`;
  return `and ${counted(unlisted, "more card")} that ${unlisted === 1 ? "is" : "are"} not shown here`;
}

function originLines({ schedule, fire, run, by, machine, runbook, reason }: Notice): string[] {
  const due = fire === null ? "" : `, due ${moment(Date.parse(fire))}`;
  return [
    schedule === null ? "" : `schedule: ${schedule}${due}`,
    runbook === null ? "" : `runbook:  ${runbook.name} (${runbook.title})`,
    run === null ? "" : `run:      ${run}${by === null ? "" : `, by ${by}`}${machine === null ? "" : ` on ${machine}`}`,
    reason === "" ? "" : `why:      ${reason}`,
  ].filter((line) => line !== "");
}

function cardWords({ lines, approve, deny, expires }: NoticeCard): string[] {
  return [
    ...lines,
    "",
    `approve:  ${approve}`,
    ...(deny === null ? [] : [`deny:     ${deny}`]),
    ...(expires === null ? [] : [`a yes counts for ${duration(expires)}`]),
  ];
}
