import type { Waiver } from "../../model/approval.ts";
import type { Fault } from "../../model/fault.ts";
import type { Inventory } from "../../model/inventory.ts";
import type { Runbook, Step } from "../../model/runbook.ts";
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

/** Those that name none of the runbooks there are: they waive nothing anywhere. */
export function strayWaivers(written: readonly WrittenWaiver[], runbooks: readonly string[]): Fault[] {
  return written.flatMap(({ runbook, where }): Fault[] => {
    if (runbooks.some((name) => fitsGlob(runbook, name))) return [];
    const hint = didYouMean(runbook, runbooks) ?? "`runbook list` shows all that there are";
    const message = `there is no runbook \`${runbook}\`, so this waives nothing`;
    return [{ kind: "invalid-file", where, message, hint }];
  });
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
  const wanted = Object.keys(finding ?? {});
  const known = steps.filter((step) => wanted.every((name) => columnsOf(step).includes(name)));
  // A glob is for many runbooks, and for many steps: what is named must be there.
  if (known.length === 0 && (waiver.runbook === runbook.name || waiver.step === steps[0]?.id)) {
    const { message, hint } = steps.length === 0 ? noStep(runbook, waiver) : noColumn(runbook, steps, wanted);
    note(`${message}, so this waives nothing`, hint);
  }
  const names = hosts.filter((name) => members.hosts.has(name));
  return known.flatMap(({ id }) =>
    names.map((host): Waiver => ({ host, step: id, key: "", match: finding ?? {}, until, by, reason, where })),
  );
}

type Missing = { readonly message: string; readonly hint: string | undefined };

function noStep({ name, steps }: Runbook, { step = "" }: WrittenWaiver): Missing {
  const hint = didYouMean(
    step,
    steps.map(({ id }) => id),
  );
  return { message: `${name} has no step \`${step}\``, hint };
}

function noColumn({ name }: Runbook, steps: readonly Step[], wanted: readonly string[]): Missing {
  const [first, ...more] = steps.map(({ id }) => id);
  const there = new Set(steps.flatMap(columnsOf));
  const unknown = wanted.find((column) => !there.has(column));
  if (unknown === undefined) return { message: `no step of ${name} has all of ${wanted.join(", ")}`, hint: undefined };
  const what = more.length === 0 ? `${name}, ${first}` : `all steps of ${name}`;
  const hint = didYouMean(unknown, there) ?? `there are ${[...there].join(", ")}`;
  return { message: `the findings of ${what} have no column \`${unknown}\``, hint };
}

function columnsOf({ detect }: Step): string[] {
  return Object.keys(detect.findings ?? { message: "string" });
}
