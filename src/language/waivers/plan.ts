import type { Waiver } from "../../model/approval.ts";
import type { Fault } from "../../model/fault.ts";
import type { Inventory } from "../../model/inventory.ts";
import type { Runbook } from "../../model/runbook.ts";
import type { WrittenWaiver } from "../../model/waiver-file.ts";
import { membersOf } from "../inventory/pattern.ts";
import { fitsGlob } from "../policy/glob.ts";
import { didYouMean } from "../suggest.ts";

/** What waivers are held against: a runbook, the names of the hosts it runs on, and the inventory that they are from. */
export type WaiverSubject = {
  readonly runbook: Runbook;
  readonly hosts: readonly string[];
  readonly inventory: Inventory;
};

/** Waivers as they concern one run; `notes` on those that waive nothing there, since what they name is not there. */
export function planWaivers(
  written: readonly WrittenWaiver[],
  subject: WaiverSubject,
): { readonly waivers: Waiver[]; readonly notes: readonly Fault[] } {
  const notes: Fault[] = [];
  const own = written.filter(({ runbook }) => fitsGlob(runbook, subject.runbook.name));
  return { waivers: own.flatMap((waiver) => planned(waiver, subject, notes)), notes };
}

function planned(waiver: WrittenWaiver, { runbook, hosts, inventory }: WaiverSubject, notes: Fault[]): Waiver[] {
  const { finding, until, by, reason, where } = waiver;
  const note = (message: string, hint: string | undefined): void =>
    void notes.push({ kind: "invalid-file", where, message, ...(hint === undefined ? {} : { hint }) });
  const members = membersOf(inventory, waiver.hosts);
  if ("kind" in members) {
    note(members.message, members.hint);
    return [];
  }
  for (const { name } of members.missing) {
    const hint = didYouMean(name, [...inventory.groups.keys(), ...inventory.hosts.keys()]);
    note(`the inventory has no group or host \`${name}\`, which this waiver names`, hint);
  }
  const steps = runbook.steps.filter(({ id }) => waiver.step === undefined || fitsGlob(waiver.step, id));
  // A glob is for many runbooks: only of one that is named its steps and columns must be there.
  if (waiver.runbook === runbook.name && steps.length === 0) {
    const hint = didYouMean(
      waiver.step ?? "",
      runbook.steps.map(({ id }) => id),
    );
    note(`${runbook.name} has no step \`${waiver.step}\`, so this waives nothing`, hint);
  }
  const names = hosts.filter((name) => members.hosts.has(name));
  return steps.flatMap((step) => {
    const columns = Object.keys(step.detect.findings ?? { message: "string" });
    const unknown = Object.keys(finding ?? {}).find((name) => !columns.includes(name));
    if (unknown === undefined) {
      return names.map((host): Waiver => ({
        host,
        step: step.id,
        key: "",
        match: finding ?? {},
        until,
        by,
        reason,
        where,
      }));
    }
    if (waiver.step === step.id) {
      const hint = didYouMean(unknown, columns) ?? `it has ${columns.join(", ")}`;
      note(`the findings of ${runbook.name}, ${step.id} have no column \`${unknown}\`, so this waives nothing`, hint);
    }
    return [];
  });
}
