import { ailmentIn, ailmentOf } from "../engine/ailment.ts";
import type { Ailment } from "../model/ailment.ts";
import { outputText, type Output } from "../model/output.ts";
import type { Stuck } from "../script/hung.ts";
import type { Ended } from "./ports.ts";

/** What ails the host, by how a script ended there; null where nothing tells, and of a script that succeeded, whatever it printed. */
export function ailmentOfEnd(ended: Ended<Output>): Ailment | null {
  switch (ended.kind) {
    case "exited":
      return ended.code === 0 ? null : ailmentIn(outputText(ended.stderr));
    case "timed-out":
      return (ended.stuck ?? []).length > 0 ? "hung" : ailmentIn(outputText(ended.stderr));
    case "flooded":
    case "lost":
      return null;
    case "refused":
      return ailmentOf(ended.fault);
  }
}

/** Which processes of a look nothing ends, in words; empty where none is known. */
export function stuckWords(stuck: readonly Stuck[] | undefined): string {
  const [first, ...others] = stuck ?? [];
  if (first === undefined) return "";
  const state = first.state === "D" ? " (it waits in the kernel)" : "";
  const more = others.length === 0 ? "" : `, nor ${others.length} more of it`;
  return `process ${first.pid} (${first.name}) does not end${state}${more}`;
}

/** The same as part of an event; nothing where nothing ails it. */
export function ailing(ended: Ended<Output>): { readonly ailment?: Ailment } {
  const ailment = ailmentOfEnd(ended);
  return ailment === null ? {} : { ailment };
}
