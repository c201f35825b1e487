import { createHash } from "node:crypto";
import { counted } from "../view/words.ts";
import type { Notice } from "./notice.ts";

/** Messages that a summary lists: a receiver may refuse what is too long. */
const MOST_LISTED = 500;

/** One message in the place of several that would be too many. Summaries among them are told by what they stand for. `option` names the record in a command. */
export function summaryOf(notification: string, notices: readonly Notice[], now: number, option = ""): Notice {
  const all = notices.flatMap((notice) =>
    notice.kind === "summary"
      ? notice.messages
      : [{ id: notice.id, kind: notice.kind, title: notice.title, more: notice.more }],
  );
  const messages = all.slice(0, MOST_LISTED);
  const unlisted =
    all.length -
    messages.length +
    notices.reduce((sum, { kind, unlisted: rest }) => sum + (kind === "summary" ? rest : 0), 0);
  const kinds = [...Map.groupBy(messages, ({ kind }) => kind)].map(([kind, some]) => `${some.length} ${kind}`);
  const amounts = [...kinds, ...(unlisted === 0 ? [] : [`${unlisted} more`])];
  return {
    ...bareNotice(notification, now),
    id: createHash("sha256")
      .update(JSON.stringify(["summary", notification, notices.map(({ id }) => id)]))
      .digest("hex")
      .slice(0, 32),
    kind: "summary",
    title: `${counted(messages.length + unlisted, "message")} in one, more than the hourly limit: ${amounts.join(", ")}`,
    more: unlisted === 0 ? null : `runbook notify list --all${option}`,
    messages,
    unlisted,
  };
}

/** A message with which a person sees whether messages arrive. */
export function testNotice(notification: string, id: string, now: number): Notice {
  return {
    ...bareNotice(notification, now),
    id,
    kind: "test",
    title: `Test: messages for ${notification} arrive here`,
    more: "runbook notify list",
  };
}

/** A message that is about no run. */
export function bareNotice(notification: string, now: number): Omit<Notice, "id" | "kind" | "title"> {
  return {
    version: 1,
    notification,
    at: new Date(now).toISOString(),
    schedule: null,
    fire: null,
    run: null,
    by: null,
    machine: null,
    runbook: null,
    step: null,
    hosts: { count: 0, names: [] },
    reason: "",
    findings: [],
    cards: [],
    more: null,
    messages: [],
    unlisted: 0,
  };
}
