import { confirmed } from "./outcome.ts";
import type { HostState, RunState, StepState } from "./state.ts";

/**
 * Whose turn it is where one host does a fix for all that have the same value of a fact (the nodes of a cluster): this one's, another's that
 * is at it, another's that has done it since this host was looked at, or nobody's any more.
 */
export type Turn = { readonly kind: "mine" | "wait" | "look" } | { readonly kind: "over"; readonly reason: string };

/** Whose turn a step's fix is. A host without the fact, or with an empty one, is nobody's peer. */
export function turnOf(state: RunState, host: HostState, step: StepState): Turn {
  const fact = step.plan.fix?.oncePer;
  const value = fact === undefined || fact === null ? "" : (host.facts?.[fact] ?? "");
  if (fact === undefined || fact === null || value === "" || step.end !== null || hasBegun(step))
    return { kind: "mine" };
  const peers = (groupsOf(state, step.plan.id, fact).get(value) ?? []).filter((peer) => peer.host !== host.host);
  // One that has done it, and was reopened when the run was resumed, looks at it again first.
  if (peers.some(({ step: its }) => its.end === null && (hasBegun(its) || its.rounds > 0))) return { kind: "wait" };

  const done = peers.find((peer) => peer.step.end !== null && (peer.step.rounds > 0 || peer.step.fixes.length > 0));
  if (done !== undefined) {
    const { end } = done.step;
    const well = end?.outcome === "fixed";
    if (well && step.seenSeq < done.step.endSeq) return { kind: "look" };
    const what = well
      ? `has done it for ${value}, and it is still found here`
      : `tried it for ${value}: ${end?.outcome}`;
    return { kind: "over", reason: `${done.host} ${what}` };
  }
  const denied = peers.find((peer) => peer.step.denial !== null);
  if (denied !== undefined) {
    return { kind: "over", reason: `denied by ${denied.step.denial?.by} for ${value}, on ${denied.host}` };
  }
  return { kind: "mine" };
}

/** Its card is out, or more. */
function hasBegun({ asked, approval, fixes, denial }: StepState): boolean {
  return denial === null && (asked !== null || approval !== null || fixes.length > 0);
}

type Peer = { readonly host: string; readonly step: StepState };

/** Hosts where the step found something, or did, by the value of the fact. Worked out once a state, for however many hosts ask. */
const groups = new WeakMap<RunState, Map<string, Map<string, Peer[]>>>();

function groupsOf(state: RunState, id: string, fact: string): Map<string, Peer[]> {
  const known = groups.get(state) ?? new Map<string, Map<string, Peer[]>>();
  groups.set(state, known);
  const values =
    known.get(id) ??
    Map.groupBy(
      [...state.hosts.values()].flatMap((host) => {
        const step = host.steps.find((each) => each.plan.id === id);
        const concerned = step !== undefined && (confirmed(step) || hasBegun(step) || step.rounds > 0);
        return concerned ? [{ host: host.host, step, value: host.facts?.[fact] ?? "" }] : [];
      }),
      (peer) => peer.value,
    );
  known.set(id, values);
  return values;
}
