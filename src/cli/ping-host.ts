import { isFault, type Fault } from "../model/fault.ts";
import type { Host } from "../model/inventory.ts";
import { outputText } from "../model/output.ts";
import type { Pinged, Privilege, Probe } from "../model/probe.ts";
import type { Connection, Connector, Ended } from "../run/ports.ts";
import { readWindowsProbe, WINDOWS_PROBE } from "../script/powershell-probe.ts";
import { PROBE, readProbe } from "../script/probe.ts";
import { oddities } from "../view/oddities.ts";

/** Seconds that a host may take to tell about itself: what hangs longer is told as that. */
const PATIENCE = 10;

/** Logs in to a host and asks it about itself, in one round trip. What one part of it cannot tell hides nothing else. */
export async function pingHost(host: Host, connector: Connector, patience = PATIENCE): Promise<Pinged> {
  const started = performance.now();
  const connection = await connector.connect(host);
  const ms = Math.round(performance.now() - started);
  const silent = { host: host.name, reached: false, ms, machineId: null, bootId: null, ...readProbe("") };
  const nothing = { ...silent, clock: null, latency: null, ssh: null, compat: host.compat ?? null, odd: [] };
  if (isFault(connection)) return answerOf({ ...nothing, fault: connection });
  await using open = connection;
  const { wire = null } = open;
  const here = { ...nothing, reached: true, ...open.identity, ssh: wire, latency: rounded(wire?.connectMs) };
  const question = host.windows === undefined ? POSIX : WINDOWS;
  const { probe, clock, latency, fault } = await probed(open, question, Math.max(patience, question.least));
  const { privilege, refusal } = await provenPrivilege(probe.privilege, host, open);
  const told = { ...here, ...probe, privilege, clock, latency };
  const odd = [...oddities(told), ...(refusal === undefined ? [] : [refusal.message])];
  return answerOf({ ...told, odd, ...(fault === undefined ? {} : { fault }) });
}

/** The members in the order of the documentation, without what only we need. */
function answerOf({ whole: _whole, ...answer }: Pinged & { readonly whole: boolean }): Pinged {
  return answer;
}

type Probed = {
  readonly probe: Probe;
  readonly clock: Pinged["clock"];
  readonly latency: number | null;
  readonly fault?: Fault;
};

/** What a host is asked in its own language. `least`: seconds that this takes at worst. */
const POSIX = { text: PROBE, shell: "sh", read: readProbe, least: 0 } as const;
const WINDOWS = { text: WINDOWS_PROBE, shell: "powershell", read: readWindowsProbe, least: 30 } as const;

async function probed(
  connection: Connection,
  { text: question, shell, read }: typeof POSIX | typeof WINDOWS,
  patience: number,
): Promise<Probed> {
  const sent = performance.now();
  let heard = "";
  let came: { readonly at: number; readonly after: number } | undefined;
  const listen = (stream: "stdout" | "stderr", text: string | null): void => {
    if (stream !== "stdout" || came !== undefined) return;
    heard += text ?? "";
    if (/^clock .*\n/m.test(heard)) came = { at: Date.now(), after: performance.now() - sent };
  };
  const script = { text: question, shell, become: null, timeout: patience, late: "end" } as const;
  const ended = await connection.run(script, { listen });
  const probe = read(ended.kind === "refused" ? "" : outputText(ended.stdout));
  const connectMs = connection.wire?.connectMs ?? Infinity;
  const latency = rounded(Math.min(connectMs, came?.after ?? Infinity));
  const fault = shortfall(ended, probe, patience);
  const clock = came === undefined ? null : offsetOf(probe.clock, came.at, latency ?? 0, came.after);
  return { probe, latency, clock, ...(fault === undefined ? {} : { fault }) };
}

function rounded(ms: number | null | undefined): number | null {
  return ms === null || ms === undefined || ms === Infinity ? null : Math.round(ms * 10) / 10;
}

/** The host read its clock half a round trip before its answer came, or earlier if it was slow: somewhere in between lies the truth. */
function offsetOf(clock: Probe["clock"], came: number, latency: number, after: number): Pinged["clock"] {
  if (clock === null) return null;
  const there = (came - latency / 2) / 1000;
  const at = clock.at + (clock.whole ? 0.5 : 0);
  const within = (clock.whole ? 0.5 : 0) + (after - latency / 2) / 1000;
  return { offset: Number((at - there).toFixed(3)), within: Number(within.toFixed(3)) };
}

function partly(message: string, hint: string): Fault {
  return { kind: "session", message, hint };
}

/** Why not all could be told. */
function shortfall(ended: Ended, probe: Probe, patience: number): Fault | undefined {
  if (ended.kind === "refused") return ended.fault;
  if (ended.kind === "exited" && probe.whole) return undefined;
  const stuck = probe.places.filter(({ size }) => size === null).map(({ at }) => at);
  const what = stuck.length === 0 ? "it" : `the file system at ${stuck.join(" and at ")}`;
  switch (ended.kind) {
    case "exited":
      return partly("it could not tell all: the shell there ended early", "Is it out of processes or memory?");
    case "timed-out":
      return partly(
        `${what} did not tell all about itself within ${patience} s`,
        "A mount that hangs, or a directory service (LDAP) that does not answer, looks like this.",
      );
    case "flooded":
      return partly("it printed without end", "What is `sh` there?");
    case "lost":
      return partly(`the connection was lost: ${ended.reason}`, "What is known was told before that.");
  }
}

/** Tries the password where one was given and may be needed; whether it does is what runs will meet. */
async function provenPrivilege(
  privilege: Privilege,
  host: Host,
  connection: Connection,
): Promise<{ readonly privilege: Privilege; readonly refusal?: Fault }> {
  const given = host.becomePassword !== undefined && host.windows === undefined;
  if (!given || privilege.kind === "root" || privilege.kind === "free" || !connection.alive) return { privilege };
  const become = host.becomeUser ?? "root";
  const ended = await connection.run({ text: ":", shell: "sh", become, timeout: PATIENCE, late: "end" });
  if (ended.kind === "refused") return { privilege, refusal: ended.fault };
  return ended.kind === "exited" && ended.code === 0
    ? { privilege: { kind: "proven", by: host.becomeMeans?.method ?? "sudo" } }
    : { privilege };
}
