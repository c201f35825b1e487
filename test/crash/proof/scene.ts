import type { MachineHooks } from "../../kit/machine.ts";

/** A runbook and the hosts it is for: what a proof strikes. */
export type Scene = {
  readonly name: string;
  /** What is wrong on each host, as files of its disk. */
  readonly faults: Readonly<Record<string, readonly string[]>>;
  /** Inputs that a host has of its own. */
  readonly vars: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** How each step that has something to do ends where nothing disturbs it; all others are clear. */
  readonly ends: Readonly<Record<string, string>>;
  /** Steps whose fix boots its host in the middle of it. */
  readonly crashes: readonly string[];
  /** The fixes of it note themselves on their hosts, and save what they remove in \`$keep\`. */
  readonly runbook: string;
  /** Moments that a host can be struck at: how the note begins that it makes then. */
  readonly moments: Readonly<Record<string, string>>;
  /** What its machines do by themselves. */
  readonly hooks: MachineHooks;
};

/** Notes a moment of a script on the host itself: what it is, of which step and which finding, how it exits, and the host's uptime. One line, appended. */
export function note(what: string, step: string, key: string, exit = "-"): string {
  return `read -r up rest </proc/uptime; echo "${what} ${step} ${key} ${exit} $up" >>"$disk/trace"`;
}

/** Text for a block of a step's scripts. */
export function indented(text: string): string {
  return text.replaceAll("\n", "\n        ");
}
