import { type Fault, isFault } from "../model/fault.ts";
import type { Host } from "../model/inventory.ts";
import { outputText } from "../model/output.ts";
import type { Connection, Connector, Ended, Script } from "../run/ports.ts";
import { DEADLINE, isThere, TRIALS, type Trial } from "../script/powershell-selftest.ts";
import { clean } from "../view/clean.ts";
import { EXIT } from "./exit.ts";
import type { Io } from "./io.ts";

/** `runbook ping --windows-selftest`: tries on every Windows host what is promised of them, one line each. 0: all passed; 4: one or more did not. */
export async function windowsSelftest(
  hosts: readonly Host[],
  connector: Connector,
  io: Io,
): Promise<number | readonly Fault[]> {
  const others = hosts.filter(({ windows }) => windows === undefined).map(({ name }) => name);
  if (others.length > 0) {
    const hint =
      "`ansible_shell_type: cmd` (or `powershell`) in the inventory says that a host does; -l leaves others out";
    return [{ kind: "usage", message: `not said to run Windows: ${others.join(", ")}`, hint }];
  }
  let failed = 0;
  for (const host of hosts) failed += await selftest(host, connector, io);
  io.out(failed === 0 ? "all passed\n" : `${failed} failed: what they were to come to is written above\n`);
  return failed === 0 ? EXIT.ok : EXIT.unknown;
}

async function selftest(host: Host, connector: Connector, io: Io): Promise<number> {
  const say = (word: string, text: string): void => io.out(`${clean(host.name)}  ${word}  ${clean(text)}\n`);
  const connection = await connector.connect(host);
  if (isFault(connection)) {
    say("FAIL", `login: ${connection.message}${connection.hint === undefined ? "" : ` (${connection.hint})`}`);
    return 1;
  }
  await using open = connection;
  const { machineId, bootId } = open.identity;
  const known = machineId !== null && bootId !== null;
  say(
    known ? "pass" : "FAIL",
    `login, and who the host is: machine ${machineId ?? "unknown"}, boot ${bootId ?? "unknown"}`,
  );
  let failed = known ? 0 : 1;
  for (const trial of TRIALS) {
    const objection = await tried(trial, open);
    say(objection === null ? "pass" : "FAIL", `${trial.name}${objection === null ? "" : `: ${objection}`}`);
    if (objection !== null) failed += 1;
  }
  return failed;
}

/** What is wrong with how a trial came out; null: nothing. */
async function tried(trial: Trial, connection: Connection): Promise<string | null> {
  const ended = await connection.run(scriptOf(trial.text, trial.timeout));
  const { wanted } = trial;
  const end = endOf(ended);
  if (end !== wanted.end) return `expected ${wanted.end}, got ${end}${saidBy(ended)}`;
  if (!("stdout" in ended)) return null;
  const out = { stdout: outputText(ended.stdout), stderr: outputText(ended.stderr) };
  for (const stream of ["stdout", "stderr"] as const) {
    if (!fits(out[stream], wanted[stream]))
      return `expected on ${stream} ${shown(wanted[stream])}, got ${shown(out[stream])}`;
  }
  if (trial.name !== DEADLINE) return null;
  const [pid = ""] = out.stdout.split("\n");
  if (out.stdout.includes("went on")) return "the script went on";
  const there = await connection.run(scriptOf(isThere(pid), 60));
  return "stdout" in there && there.stdout.head === "False\n"
    ? null
    : `the process ${pid} that it started is still there`;
}

function scriptOf(text: string, timeout: number): Script {
  return { text, shell: "powershell", become: null, timeout, late: "end" };
}

function endOf(ended: Ended): string {
  switch (ended.kind) {
    case "exited":
      return `exit ${ended.code}`;
    case "timed-out":
      return ended.gone ? "late" : "late, and not known to have ended";
    case "flooded":
      return "output without end";
    case "lost":
      return `lost: ${ended.reason}`;
    case "refused":
      return `refused: ${ended.fault.message}`;
  }
}

function saidBy(ended: Ended): string {
  const said = "stderr" in ended ? outputText(ended.stderr).trim() : "";
  return said === "" ? "" : `: ${shown(said)}`;
}

function fits(text: string, wanted: string | RegExp): boolean {
  return typeof wanted === "string" ? text === wanted : wanted.test(text);
}

const MOST_SHOWN = 200;

function shown(text: string | RegExp): string {
  return typeof text === "string" ? JSON.stringify(text.slice(0, MOST_SHOWN)) : String(text);
}
