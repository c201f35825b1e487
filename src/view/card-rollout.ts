import { gate, openPlaces, type Gate } from "../engine/rollout.ts";
import type { RunState } from "../engine/state.ts";
import { fleetOf } from "./card-fleet.ts";
import { spread, type Subject } from "./card-subject.ts";
import { clean } from "./clean.ts";
import { rolloutWords } from "./step-words.ts";
import { counted } from "./words.ts";

/** How the fix spreads over the fleet, and the place in it of the hosts on the card. A dry run admits nobody, so there a place would mean nothing. */
export function rolloutOf(subject: Subject): string {
  const { state } = subject;
  const rule = rolloutWords(state.plan.rollout);
  return state.plan.dryRun ? rule : `${placesWords(subject)}; ${rule}`;
}

/** A run that has ended begins nothing until it is resumed, and then no stop and no pause holds any more, and whether all is frozen then nobody knows. */
function placesWords(subject: Subject): string {
  const { members } = subject;
  const state =
    subject.state.ended === null ? subject.state : { ...subject.state, stop: null, paused: null, frozen: null };
  const gates = members.map(({ host }) => gate(state, host));
  const [first] = gates;
  if (members.length > 1 && first?.kind === "enter" && gates.every(({ kind }) => kind === "enter")) {
    return `if approved now, ${beginWords(openPlaces(state), members.length, first.batch)}`;
  }
  return spread(subject, ({ host }) =>
    host.batch === null ? placeWords(state, gate(state, host)) : `this host is in batch ${host.batch}`,
  );
}

function beginWords(open: number, size: number, batch: number): string {
  if (open >= size) return `all ${size} begin in batch ${batch}`;
  if (open === 0) return `these ${size} begin in later batches`;
  return `${open} of these ${size} ${open === 1 ? "begins" : "begin"} in batch ${batch}, the others in later ones`;
}

function placeWords(state: RunState, now: Gate): string {
  switch (now.kind) {
    case "go":
      return "this host may begin";
    case "enter":
      return `if approved now, this host begins in batch ${now.batch}`;
    case "wait":
      return `if approved now, this host begins ${waitWords(state, now.for)}`;
    case "stop":
      return `this host does not begin: ${clean(now.reason)}`;
  }
}

function waitWords(state: RunState, reason: Extract<Gate, { kind: "wait" }>["for"]): string {
  switch (reason) {
    case "batch":
      return "when the batch before it has ended";
    case "group":
      return "when another host of its group has been fixed";
    case "survey":
      return "when more hosts have answered";
    case "freeze":
      return `once \`runbook unfreeze\` ends what ${clean(state.frozen?.by ?? "somebody")} has frozen`;
    case "pause":
      return `when the run goes on, which ${clean(state.paused?.by ?? "somebody")} has paused`;
  }
}

/** How this fix fared on other hosts in this run, and how many are being fixed now. Empty for a dry run. */
export function faredWords({ state, plan, members }: Subject): string {
  if (state.plan.dryRun) return "";
  const fleet = fleetOf(state);
  const fared = fleet.steps.get(plan.id);
  const own = new Set(members.map(({ host }) => host.host));
  const others = (hosts: readonly string[]): number => hosts.filter((host) => !own.has(host)).length;
  const told = [
    ["fixed", others(fared?.fixed ?? [])],
    ["failed", others(names(fared?.failed ?? []))],
    ["rolled back", others(names(fared?.rolledBack ?? []))],
    ["in doubt", others(names(fared?.inDoubt ?? []))],
    ["denied", others(names(fared?.denied ?? []))],
  ] as const;
  const parts = told
    .filter(([, amount]) => amount > 0)
    .map(([word, amount]) => `${word} on ${counted(amount, "host")}`);
  const now = others(fleet.fixing);
  const atWork = now === 0 ? "" : `; ${counted(now, "host is", "hosts are")} being fixed now`;
  const had = others(fared?.had ?? []);
  return `${parts.length > 0 ? parts.join(", ") : had > 0 ? "not ended on any host yet" : "no other host has had this fix yet"}${atWork}`;
}

function names(hosts: readonly { readonly host: string }[]): string[] {
  return hosts.map(({ host }) => host);
}
