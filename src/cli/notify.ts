import { SqliteRecord } from "../journal/sqlite.ts";
import type { Fault } from "../model/fault.ts";
import { moment } from "../engine/words.ts";
import type { Message, MessageState } from "../notice/outbox.ts";
import { jsonText } from "../report/json.ts";
import { clean } from "../view/clean.ts";
import { tableLines } from "../view/table.ts";
import { counted } from "../view/words.ts";
import { EXIT } from "./exit.ts";
import type { Io } from "./io.ts";
import { left, palette } from "./schedule-fires.ts";
import { stateDir } from "./state.ts";

type Options = { readonly json?: boolean | undefined; readonly state?: string | undefined };

/** Messages that are listed at most. */
const MOST = 1000;
/** Digits of an id that are shown: enough to name it. */
const SHORT = 8;

const STATES: Readonly<Record<MessageState, string>> = {
  due: "waits",
  sent: "sent",
  refused: "refused",
  expired: "given up",
  summed: "summed up",
};

/** Messages that have not arrived, or all of them. */
export async function notifyList(options: Options & { readonly all?: boolean | undefined }, io: Io): Promise<number> {
  await using record = SqliteRecord.open(stateDir(options.state, process.env));
  const found = (await record.outbox.list({ all: options.all === true, most: MOST + 1 })).toReversed();
  const messages = found.slice(-MOST);
  if (options.json === true) for (const message of messages) io.out(`${jsonText(dataOf(message))}\n`);
  else if (messages.length === 0)
    io.err(options.all === true ? "There are no messages.\n" : "Every message has arrived.\n");
  else for (const line of linesOf(messages)) io.out(`${line}\n`);
  if (found.length > MOST) io.err(`These are the newest ${counted(MOST, "message")}: there are more.\n`);
  return EXIT.ok;
}

function linesOf(messages: readonly Message[]): string[] {
  const rows = messages.map(({ notice, state, at, attempts, why }) => [
    notice.id.slice(0, SHORT),
    moment(at),
    clean(notice.notification),
    STATES[state],
    String(attempts),
    clean(notice.title),
    clean(why),
  ]);
  const columns = left("message", "made", "for", "state", "tries", "what", "why");
  return tableLines({ columns, rows }, Number.POSITIVE_INFINITY, palette());
}

function dataOf({ notice, state, at, attempts, firstTried, ended, why }: Message): object {
  return { state, made: iso(at), attempts, firstTried: iso(firstTried), ended: iso(ended), why, message: notice };
}

function iso(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}

/** Makes messages due again that were refused or given up. */
export async function notifyRetry(
  message: string | undefined,
  options: Options,
  io: Io,
): Promise<number | readonly Fault[]> {
  await using record = SqliteRecord.open(stateDir(options.state, process.env));
  const again = await record.outbox.retry(message ?? "");
  if (again === 0 && message !== undefined) {
    const words = `no message that was refused or given up begins with \`${clean(message)}\``;
    return [{ kind: "usage", where: "notify retry", message: words, hint: "`runbook notify list` shows them" }];
  }
  if (options.json === true) io.out(`${jsonText({ again })}\n`);
  else if (again === 0) io.err("No message was refused or given up; what waits is tried again within a minute.\n");
  else io.err(`${counted(again, "message is", "messages are")} sent again by the daemon, within a minute.\n`);
  return EXIT.ok;
}
