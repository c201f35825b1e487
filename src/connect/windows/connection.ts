import { type Fault, isFault } from "../../model/fault.ts";
import type { Connection, Ended, JobEnded, Script } from "../../run/ports.ts";
import { endScript, IDENTITY, type WindowsShell, WHO } from "../../script/powershell-session.ts";
import type { RunOptions } from "../attempt.ts";
import { NOTHING_READ } from "../job.ts";
import type { Login } from "../pool.ts";
import { runWindows } from "./script.ts";

const INTERRUPTED: Fault = { kind: "session", message: "interrupted before it began" };
const CLOSED: Fault = { kind: "session", message: "the connection has ended", hint: "Nothing was sent; run again." };
const NOT_POSIX: Fault = {
  kind: "session",
  message: "this is a script for a POSIX shell, and the inventory says that the host runs Windows",
  hint: "`shell: powershell` says that a runbook's scripts are for PowerShell.",
};
const NOBODY_ELSE: Fault = {
  kind: "privilege",
  message: "on Windows scripts run as the login user, and as nobody else",
  hint: "Log in as who may do it: over SSH an administrator has all rights at once.",
};
const NO_JOBS: Fault = { kind: "session", message: "there are no jobs on Windows" };
const WRONG_SHELL: Fault = {
  kind: "session",
  message: "exit statuses do not come through as they are",
  hint: "Is `ansible_shell_type` what the DefaultShell of its sshd is: cmd where nothing is set, else powershell?",
};

/** Seconds that PowerShell may take to tell who the host is. */
const IDENTIFYING = 30;
/** Seconds that ending another script may take. */
const ENDING = 15;

/**
 * A connection over a login to a Windows host. Each script has a PowerShell and a channel of its own; nothing is kept between two of them, so
 * one channel at a time is enough but for ending a script early.
 */
export async function windowsConnection(
  login: Pick<Login, "open" | "alive" | "close" | "wire">,
  shell: WindowsShell,
): Promise<Connection | Fault> {
  const identity = await identify(login, shell);
  if (isFault(identity)) {
    await login.close();
    return identity;
  }
  let disposed = false;
  let last: Promise<unknown> = Promise.resolve();

  async function one(script: Script, options: RunOptions): Promise<Ended> {
    const objection = objectionTo(script);
    if (objection !== null) return { kind: "refused", fault: objection };
    if (options.signal?.aborted === true) return { kind: "refused", fault: INTERRUPTED };
    if (disposed || !login.alive()) return { kind: "refused", fault: CLOSED };
    return runWindows(login.open, shell, script, { ...options, end: (pid) => endOther(login, shell, pid) });
  }

  return {
    identity,
    wire: login.wire,
    get alive() {
      return !disposed && login.alive();
    },
    run(script, options = {}) {
      const result = last.then(() => one(script, options));
      last = result;
      return result;
    },
    beside: (script, options = {}) => one(script, options),
    job: noJobs,
    attach: noJobs,
    async [Symbol.asyncDispose]() {
      if (disposed) return;
      disposed = true;
      await login.close();
    },
  };
}

/** Never asked for where a run knows its host; else nothing was begun. */
async function noJobs(): Promise<JobEnded> {
  return { ended: { kind: "refused", fault: NO_JOBS }, read: NOTHING_READ };
}

function objectionTo({ shell, become }: Script): Fault | null {
  if (shell !== "powershell") return NOT_POSIX;
  return become === null ? null : NOBODY_ELSE;
}

function look(text: string, timeout: number): Script {
  return { text, shell: "powershell", become: null, timeout, late: "end" };
}

/** Who answers; also whether PowerShell answers at all, and whether its exit status comes through. */
async function identify(login: Pick<Login, "open">, shell: WindowsShell): Promise<Connection["identity"] | Fault> {
  const ended = await runWindows(login.open, shell, look(IDENTITY, IDENTIFYING), {});
  if (ended.kind === "refused") return ended.fault;
  if (ended.kind !== "exited") {
    const why = ended.kind === "lost" ? `: ${ended.reason}` : ` within ${IDENTIFYING} s`;
    return { kind: "session", message: `PowerShell on the host did not tell who the host is${why}` };
  }
  if (ended.code === 1 && ended.stderr.head !== "") {
    return {
      kind: "session",
      message: `PowerShell on the host cannot tell who the host is: ${ended.stderr.head.trim()}`,
    };
  }
  if (ended.code !== WHO) return WRONG_SHELL;
  const [machine = "", boot = ""] = ended.stdout.head.trim().split(" ");
  return {
    machineId: /^[\da-f-]{36}$/i.test(machine) ? machine.toLowerCase() : null,
    bootId: /^\d{8}T\d{9}Z$/.test(boot) ? boot : null,
  };
}

/** Ends a script of ours over a second channel. True once all that came from it is known to have ended. */
async function endOther(login: Pick<Login, "open">, shell: WindowsShell, pid: number): Promise<boolean> {
  const ended = await runWindows(login.open, shell, look(endScript(pid), ENDING), {});
  return ended.kind === "exited" && ended.code === 0 && ended.stdout.head.trim() === "gone";
}
