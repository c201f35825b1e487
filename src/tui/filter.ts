import type { RunPlan } from "../model/plan.ts";
import type { Phase } from "./activity.ts";

/** A host as a filter sees it. */
export type Filtered = { readonly name: string; readonly groups: readonly string[]; readonly phase: Phase };

/** The words that a phase goes by in a filter. */
const WORDS: Readonly<Record<Phase, string>> = {
  "to-come": "to-come",
  "at-work": "at-work working",
  approved: "approved",
  fixing: "fixing being-fixed",
  asking: "waiting asking",
  failed: "failed",
  "in-doubt": "in-doubt doubt",
  "rolled-back": "rolled-back",
  waiting: "waiting",
  found: "found",
  unknown: "unknown",
  fixed: "fixed",
  clear: "clear",
  skipped: "skipped",
};

/** So many letters begin a state's word; fewer would hide half of what is typed for a name. */
const SHORTEST_WORD = 3;

/**
 * What a filter shows: every word of it must be in the host's name, or be a glob of it, one of its groups, or the beginning of its state's word.
 * An empty filter shows all.
 */
export function matcherOf(filter: string): (host: Filtered) => boolean {
  const words = filter
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((word) => word !== "")
    .map(wordMatcher);
  return (host) => words.every((word) => word(host));
}

function wordMatcher(word: string): (host: Filtered) => boolean {
  const glob = /[*?]/.test(word) ? globOf(word) : null;
  return ({ name, groups, phase }) => {
    const lower = name.toLowerCase();
    if (glob !== null) return glob.test(lower) || groups.some((group) => glob.test(group.toLowerCase()));
    if (lower.includes(word) || groups.some((group) => group.toLowerCase() === word)) return true;
    return word.length >= SHORTEST_WORD && WORDS[phase].split(" ").some((state) => state.startsWith(word));
  };
}

function globOf(word: string): RegExp {
  // Several stars in a row mean what one means, and take for ever to match.
  const literal = word.replaceAll(/\*+/g, "*").replaceAll(/[\\^$.+()[\]{}|/-]/g, "\\$&");
  return new RegExp(`^${literal.replaceAll("*", ".*").replaceAll("?", ".")}$`, "s");
}

/** The groups of every host of a plan. */
export function groupsByHost(plan: RunPlan): ReadonlyMap<string, readonly string[]> {
  const known = byPlan.get(plan.groups);
  if (known !== undefined) return known;
  const groups = new Map<string, string[]>();
  for (const [group, hosts] of Object.entries(plan.groups)) {
    for (const host of hosts) groups.set(host, [...(groups.get(host) ?? []), group]);
  }
  byPlan.set(plan.groups, groups);
  return groups;
}

const byPlan = new WeakMap<RunPlan["groups"], ReadonlyMap<string, readonly string[]>>();
