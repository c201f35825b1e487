import { createHash } from "node:crypto";
import { clean } from "../view/clean.ts";
import type { Notice } from "./notice.ts";
import type { Behind } from "./outbox.ts";
import { bareNotice } from "./summary.ts";

/** What everybody is told of a run whose record is damaged: nobody knows which of it they would want to know. `option` names the record in the command. */
export function unreadableNotice(
  { run, schedule, last }: Pick<Behind, "run" | "schedule" | "last">,
  name: string,
  { reason, now, option }: { readonly reason: string; readonly now: number; readonly option: string },
): Notice {
  const id = createHash("sha256")
    .update(JSON.stringify(["unreadable", run, last, name]))
    .digest("hex")
    .slice(0, 32);
  return {
    ...bareNotice(name, now),
    id,
    kind: "unknown",
    title: clean(`Cannot tell: what a run of schedule ${schedule} found cannot be read`),
    schedule: clean(schedule),
    run: clean(run),
    reason: clean(reason, { max: 1000 }),
    more: `runbook history verify ${clean(run)}${option}`,
  };
}
