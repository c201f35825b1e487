import { randomBytes } from "node:crypto";
import { openSchedules } from "../load/schedules.ts";
import { didYouMean } from "../language/suggest.ts";
import type { Fault } from "../model/fault.ts";
import { testNotice } from "../notice/summary.ts";
import { jsonText } from "../report/json.ts";
import { clean } from "../view/clean.ts";
import { EXIT } from "./exit.ts";
import type { Io } from "./io.ts";
import { realSender } from "./notifier.ts";

/** Sends a sample message to one notification, and says what became of it. Exit 1: it did not arrive. */
export async function notifyTest(
  name: string,
  options: { readonly schedules?: string | undefined; readonly json?: boolean | undefined },
  io: Io,
): Promise<number | readonly Fault[]> {
  const opened = await openSchedules(
    { option: options.schedules, env: process.env, cwd: process.cwd() },
    { now: Date.now() },
  );
  if (opened.notifications === undefined) return opened.faults;
  const { path, directory, notifications } = opened;
  const notification = notifications.find((one) => one.name === name);
  if (notification === undefined) {
    const names = notifications.map((one) => one.name);
    const there = names.length === 0 ? "there are none" : `there are ${names.join(", ")}`;
    const message = `there is no notification \`${clean(name)}\``;
    return [{ kind: "usage", where: path, message, hint: didYouMean(name, names) ?? there }];
  }
  const notice = testNotice(name, randomBytes(16).toString("hex"), Date.now());
  const { kind, why } = await realSender(directory)(notification, notice, new AbortController().signal);
  const arrived = kind === "sent";
  if (options.json === true) io.out(`${jsonText({ notification: name, id: notice.id, arrived, why })}\n`);
  else if (arrived) io.err(`${name} has taken the message${why === "" ? "" : ` (${why})`}.\n`);
  else io.err(`${name} has not taken the message: ${why}\n`);
  return arrived ? EXIT.ok : EXIT.failed;
}
