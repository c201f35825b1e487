import { spawn } from "node:child_process";
import type { Receiver } from "../model/notification.ts";
import type { Notice } from "../notice/notice.ts";
import { clean } from "../view/clean.ts";
import type { Sent, Surroundings } from "./send.ts";

type Command = Extract<Receiver, { kind: "command" }>;

/** Bytes of what a program says that are kept. */
const MOST_SAID = 4096;

/** Gives a message to a program: as JSON on its stdin, and what it is about in its environment. Exit 0 says that it has it. */
export function sendCommand(
  { command: [program = "", ...args] }: Command,
  notice: Notice,
  { directory }: Surroundings,
  signal: AbortSignal,
): Promise<Sent> {
  const { promise, resolve } = Promise.withResolvers<Sent>();
  // A group of its own, so that all it starts can be ended with it.
  const child = spawn(program, args, {
    cwd: directory,
    detached: true,
    stdio: ["pipe", "ignore", "pipe"],
    env: { ...process.env, ...variablesOf(notice) },
  });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said = `${said}${chunk.toString()}`.slice(-MOST_SAID)));
  // It need not read what it does not want.
  child.stdin.on("error", () => undefined);
  child.stdin.end(`${JSON.stringify(notice)}\n`);
  const end = (): void => endGroup(child.pid);
  if (signal.aborted) end();
  signal.addEventListener("abort", end, { once: true });
  const over = (sent: Sent): void => {
    signal.removeEventListener("abort", end);
    resolve(sent);
  };
  child.on("error", (error) => over({ kind: "later", why: clean(error.message, { max: 300 }) }));
  child.on("exit", (code, killed) => {
    const tell = (): void => {
      child.stderr.destroy();
      over(sentBy(program, code, killed, said));
    };
    if (code === 0 || child.stderr.closed) return tell();
    // Its last words may still be in the pipe; what it left behind may keep that open.
    child.stderr.once("close", tell);
    setTimeout(tell, LAST_WORDS);
  });
  return promise;
}

/** ms that the last words of a program are waited for once it has ended. */
const LAST_WORDS = 200;

function sentBy(program: string, code: number | null, killed: NodeJS.Signals | null, said: string): Sent {
  if (code === 0) return { kind: "sent", why: "" };
  const how = code === null ? `was ended by ${killed}` : `exited ${code}`;
  const last = said.trimEnd().split("\n").at(-1) ?? "";
  return { kind: "later", why: clean(`${program} ${how}${last === "" ? "" : `: ${last}`}`, { max: 300 }) };
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

function variablesOf(notice: Notice): Record<string, string> {
  return {
    RUNBOOK_NOTICE_ID: notice.id,
    RUNBOOK_NOTICE_KIND: notice.kind,
    RUNBOOK_NOTICE_TITLE: notice.title,
    RUNBOOK_NOTICE_NOTIFICATION: notice.notification,
    RUNBOOK_NOTICE_SCHEDULE: notice.schedule ?? "",
    RUNBOOK_NOTICE_RUN: notice.run ?? "",
    RUNBOOK_NOTICE_RUNBOOK: notice.runbook?.name ?? "",
    RUNBOOK_NOTICE_STEP: notice.step?.id ?? "",
    RUNBOOK_NOTICE_HOSTS: String(notice.hosts.count),
  };
}
