import type { Case, CaseShell, ScriptAnswer, ScriptAnswers } from "../model/case.ts";
import type { Printed } from "../model/output.ts";
import type { Connection, Connector, Ended, Script } from "../run/ports.ts";
import { KERNEL, REBOOT } from "../script/reboot.ts";
import { insideLock } from "../script/lock.ts";
import type { DataHost } from "./host.ts";
import { partOf, variablesOf, type Part } from "./marks.ts";
import { membersOf } from "./powershell-variables.ts";
import { wholeLines } from "./world.ts";

/** One script that ran, or was answered for, in the course of a case. */
export type Sent = Part & {
  readonly variables: Readonly<Record<string, string>>;
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Commands of the case that it called, with their arguments. */
  readonly calls: readonly string[];
};

/** A connector to the host of a case, with what was sent there. */
export type Stage = {
  readonly connector: Connector;
  readonly sent: readonly Sent[];
  /** What kept the case from being played as it is written. */
  readonly problems: readonly string[];
};

/** Where scripts run for real; null: the case answers for all of them. */
export type Ground = { readonly host: DataHost; readonly shell: CaseShell } | null;

const IDENTITY = { machineId: "ca5e0000000000000000000000000000" };
const NONE: Printed = { head: "", tail: "", omitted: 0 };
const READ = { stdout: 0, stderr: 0 };

/** The stage of one case: what it answers for is answered, and everything else that is the runbook's runs on its ground. */
export function stageOf({ scripts }: Case, ground: Ground): Stage {
  const sent: Sent[] = [];
  const problems: string[] = [];
  const asked = new Map<string, number>();
  let boots = 0;

  const answerFor = ({ step, name }: Part): ScriptAnswer | null => {
    const given = recorded(scripts, step, name);
    if (given === undefined) return null;
    const all = Array.isArray(given) ? given : [given];
    const key = `${step} ${name}`;
    const turn = asked.get(key) ?? 0;
    asked.set(key, turn + 1);
    const answer = all[Math.min(turn, all.length - 1)];
    return typeof answer === "string" ? { out: answer } : (answer ?? {});
  };

  const perform = async (script: Script): Promise<Ended> => {
    const text = insideLock(script.text);
    const part = partOf(text);
    // Locks, `$keep` and jobs are between the engine and a real host.
    if (part === null && !text.endsWith(KERNEL)) return exited(0, NONE, NONE);
    const at = part ?? { step: null, name: "kernel" };
    const variables = { ...variablesOf(text), ...membersOf(text) };
    const answer = answerFor(at);
    if (answer !== null) {
      const note = { ...at, variables, calls: [], stdout: answer.out ?? "", stderr: answer.err ?? "" };
      sent.push({ ...note, code: answer.ends === undefined ? (answer.exit ?? 0) : null });
      return endedAs(answer, script);
    }
    if (ground === null) {
      problems.push(`the case does not say what ${nameOf(at)} prints`);
      return { kind: "refused", fault: { kind: "session", message: `the case has no answer for ${nameOf(at)}` } };
    }
    const ran = await ground.host.run(text, script.shell === "bash" ? "bash" : "sh", script.timeout);
    sent.push({ ...at, variables, code: ran.code, stdout: ran.stdout.head, stderr: ran.stderr.head, calls: ran.calls });
    if (ran.code !== null) return exited(ran.code, ran.stdout, ran.stderr);
    return { kind: "timed-out", gone: true, stdout: ran.stdout, stderr: ran.stderr, ms: script.timeout * 1000 };
  };

  const connect = async (): Promise<Connection> => {
    let alive = true;
    return {
      identity: { ...IDENTITY, bootId: `00000000-0000-4000-8000-${String(boots).padStart(12, "0")}` },
      get alive() {
        return alive;
      },
      run: perform,
      beside: perform,
      async job(job) {
        if (job.text !== REBOOT) return { ended: await perform(job), read: READ };
        boots += 1;
        alive = false;
        return { ended: { kind: "lost", reason: "the host went down", stdout: NONE, stderr: NONE, ms: 0 }, read: READ };
      },
      attach: async () => ({ ended: { kind: "missing", why: "gone" }, read: READ }),
      async [Symbol.asyncDispose]() {
        alive = false;
      },
    };
  };
  return { connector: { connect }, sent, problems };
}

function recorded(
  { applies, facts, steps }: Case["scripts"],
  step: string | null,
  name: string,
): ScriptAnswers | undefined {
  if (step === null) return name === "applies" ? applies : facts[name.replace(/^fact:/, "")];
  const parts: Readonly<Record<string, ScriptAnswers | undefined>> = steps[step] ?? {};
  return parts[name];
}

/** `detect of sweep`, `the fact kernel`. */
export function nameOf({ step, name }: Part): string {
  if (step !== null) return `${name} of ${step}`;
  return name.startsWith("fact:") ? `the fact ${name.slice("fact:".length)}` : `\`${name}\``;
}

function exited(code: number, stdout: Printed, stderr: Printed): Ended {
  return { kind: "exited", code, stdout, stderr, ms: 0 };
}

function endedAs({ out = "", err = "", exit = 0, ends }: ScriptAnswer, script: Script): Ended {
  const printed = { stdout: { ...NONE, head: wholeLines(out) }, stderr: { ...NONE, head: wholeLines(err) } };
  switch (ends) {
    case "timed-out":
      return { kind: "timed-out", gone: true, ...printed, ms: script.timeout * 1000 };
    case "lost":
      return { kind: "lost", reason: "the connection was lost", ...printed, ms: 0 };
    case undefined:
      return exited(exit, printed.stdout, printed.stderr);
  }
}
