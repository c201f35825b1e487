import type { Privilege } from "../model/probe.ts";

/** What the host said to `sudo -n -l` or `doas -n true`; `missing`: it has neither. */
export type Said = { readonly sudo: readonly string[]; readonly doas: readonly string[]; readonly missing: boolean };

/** Tells the privilege of somebody from what sudo and doas say of them. */
export function privilegeOf(uid: number | null, { sudo, doas, missing }: Said): Privilege {
  if (uid === 0) return { kind: "root" };
  if (missing) return { kind: "none" };
  if (doas.length > 0) {
    if (doas.some((line) => line === "free")) return { kind: "free", by: "doas" };
    const asks = doas.some((line) => /authentication required|a tty is required|password/i.test(line));
    return { kind: asks ? "asks" : "refused", by: "doas" };
  }
  return sudo.length === 0 ? { kind: "unknown" } : sudoPrivilege(sudo);
}

/** A rule as `sudo -l` lists it: who one may be, tags, and the commands. */
const RULE = /^\(([^)]*)\) *((?:[A-Z_]+: *)*)(.*)$/;

function sudoPrivilege(lines: readonly string[]): Privilege {
  const by = "sudo";
  const rules = lines.flatMap((line) => [RULE.exec(line) ?? []].filter(([hit]) => hit !== undefined));
  // The last one that fits counts.
  const all = rules.findLast(
    ([, who = "", , what = ""]) => /\b(?:ALL|root)\b/.test(who) && /(?:^|, *)ALL(?:,|$)/.test(what),
  );
  if (all !== undefined) {
    const free = /\bNOPASSWD:/.test(all[2] ?? "") || lines.some((line) => /!authenticate/.test(line));
    return { kind: free ? "free" : "asks", by };
  }
  if (rules.length > 0) return { kind: "some", by };
  const text = lines.join("\n");
  if (/must have a tty|no tty present|terminal is required/i.test(text)) {
    return { kind: /must have a tty/i.test(text) ? "terminal" : "asks", by };
  }
  if (/password is required/i.test(text)) return { kind: "asks", by };
  if (/may not run sudo|not in the sudoers|not allowed/i.test(text)) return { kind: "refused", by };
  return { kind: "unknown" };
}
