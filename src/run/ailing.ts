import { ailmentIn, ailmentOf } from "../engine/ailment.ts";
import type { Ailment } from "../model/ailment.ts";
import { outputText, type Output } from "../model/output.ts";
import type { Ended } from "./ports.ts";

/** What ails the host, by how a script ended there; null where nothing tells, and of a script that succeeded, whatever it printed. */
export function ailmentOfEnd(ended: Ended<Output>): Ailment | null {
  switch (ended.kind) {
    case "exited":
      return ended.code === 0 ? null : ailmentIn(outputText(ended.stderr));
    case "timed-out":
      return ailmentIn(outputText(ended.stderr));
    case "flooded":
    case "lost":
      return null;
    case "refused":
      return ailmentOf(ended.fault);
  }
}

/** The same as part of an event; nothing where nothing ails it. */
export function ailing(ended: Ended<Output>): { readonly ailment?: Ailment } {
  const ailment = ailmentOfEnd(ended);
  return ailment === null ? {} : { ailment };
}
