import { hostVerdict, stepVerdict, waiting } from "../engine/outcome.ts";
import type { HostState, RunState } from "../engine/state.ts";
import { Risk } from "../model/approval.ts";
import type { Outcome } from "../model/finding.ts";
import { quote } from "../script/quote.ts";
import { foldHosts } from "./hosts.ts";

/** More hosts than this are not typed after `-l`. */
const TYPEABLE = 8;

/** What a person does next, and the command for it where there is one. */
export type Advice = { readonly text: string; readonly command: string | null };

/** What to do next, most urgent first; nothing when all is well. */
export function adviceOf(state: RunState): Advice[] {
  const hosts = Map.groupBy(state.hosts.values(), (host) => hostVerdict(host).outcome);
  const of = (...outcomes: Outcome[]) => outcomes.flatMap((outcome) => hosts.get(outcome) ?? []);
  return [
    ...afterFailure(state, of("failed", "rolled-back")),
    ...inDoubt(state, of("in-doubt")),
    ...toApprove(state),
    ...toFix(state),
    ...notReached(of("unknown")),
  ];
}

function afterFailure(state: RunState, hosts: readonly HostState[]): Advice[] {
  if (hosts.length === 0) return [];
  return [{ text: "failed: see what was done and said", command: `runbook history show ${state.run} --events` }];
}

function inDoubt(state: RunState, hosts: readonly HostState[]): Advice[] {
  if (hosts.length === 0) return [];
  const names = foldHosts(hosts.map((host) => host.host));
  const text = `in doubt: look at ${names} first, a fix may still be at work there; then run it again`;
  return [{ text, command: again(state, hosts) }];
}

function toApprove(state: RunState): Advice[] {
  const hosts = [...state.hosts.values()].filter((host) => host.steps.some(waiting));
  if (hosts.length === 0) return [];
  const risks = new Set(hosts.flatMap((host) => host.steps.filter(waiting).map((step) => step.plan.fix?.risk)));
  const highest = Risk.options.findLast((risk) => risks.has(risk)) ?? "high";
  const text = `waiting: approve on a terminal, or with --approve ${highest}`;
  return [{ text, command: again(state, hosts) }];
}

function toFix(state: RunState): Advice[] {
  if (!state.plan.dryRun) return [];
  const hosts = [...state.hosts.values()].filter((host) =>
    host.steps.some((step) => step.plan.fix?.selected === true && stepVerdict(host, step).outcome === "found"),
  );
  return hosts.length === 0 ? [] : [{ text: "found: to fix, asked first", command: again(state, hosts) }];
}

/** The hint of the fault that most of the hosts share. */
function notReached(hosts: readonly HostState[]): Advice[] {
  const hints = Map.groupBy(
    hosts.flatMap((host) => host.unreachable?.hint ?? []),
    (hint) => hint,
  );
  const [most] = [...hints.values()].toSorted((a, b) => b.length - a.length);
  return most?.[0] === undefined ? [] : [{ text: `not reached: ${most[0]}`, command: null }];
}

/** The command that runs it again on these hosts alone, where they are few enough to be typed. */
function again(state: RunState, hosts: readonly HostState[]): string {
  const names = hosts.map((host) => host.host).join(",");
  const limit = hosts.length > TYPEABLE ? "" : ` -l ${word(names)}`;
  return `runbook run ${word(state.plan.runbook.name)} -i ${word(state.plan.inventory)}${limit}`;
}

function word(text: string): string {
  return /^[\w.,:/@%+=-]+$/.test(text) ? text : quote(text);
}
