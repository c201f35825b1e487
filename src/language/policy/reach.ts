import { Risk } from "../../model/approval.ts";
import type { PolicyRule } from "../../model/policy-file.ts";
import { fitsGlob } from "./glob.ts";

/**
 * Whether a rule matches, as far as can be told without an inventory, everything that another one matches: then that one, behind it, is never
 * reached.
 */
export function coversAll(rule: PolicyRule, other: PolicyRule): boolean {
  return (
    globsCover(rule.runbooks, other.runbooks) &&
    globsCover(rule.steps, other.steps) &&
    (rule.risk === undefined || (other.risk ?? Risk.options).every((risk) => rule.risk?.includes(risk))) &&
    (rule.not_digests === undefined || rule.not_digests.every((digest) => other.not_digests?.includes(digest))) &&
    (rule.on === undefined || rule.on === other.on) &&
    (rule.hosts === undefined || rule.hosts === "all" || rule.hosts === "*" || rule.hosts === other.hosts) &&
    (rule.not_hosts === undefined || rule.not_hosts === other.not_hosts) &&
    (rule.when === undefined || JSON.stringify(rule.when) === JSON.stringify(other.when))
  );
}

/** A glob as a whole is a name like any other: `*` takes in `kernel-*`. */
function globsCover(globs: readonly string[] | undefined, others: readonly string[] | undefined): boolean {
  if (globs === undefined || globs.includes("*")) return true;
  return others?.every((other) => globs.some((glob) => glob === other || covers(glob, other))) === true;
}

/** A `?` of the other stands for a letter, its `*` also for none: only a `*` takes it in. */
function covers(glob: string, other: string): boolean {
  return !other.includes("*") ? fitsGlob(glob, other) : /^[^*?]*\*$/.test(glob) && other.startsWith(glob.slice(0, -1));
}
