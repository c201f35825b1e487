import type { Waiver } from "../model/approval.ts";
import type { Finding } from "../model/finding.ts";
import { cellText } from "./cells.ts";

/** Whether a waiver of the step is for this finding: by its key, or by the columns that it names. */
export function isFor({ key, match }: Waiver, finding: Finding): boolean {
  if (match === undefined) return key === finding.key;
  return Object.entries(match).every(([name, text]) => {
    const cell = finding.values[name];
    return cell !== undefined && cellText(cell) === text;
  });
}

/** The waiver that puts a finding of a step on a host aside; the last where there are several. */
export function waiverOf(
  waivers: readonly Waiver[],
  at: { readonly host: string; readonly step: string },
  finding: Finding | undefined,
): Waiver | undefined {
  if (finding === undefined) return undefined;
  return waivers.findLast((waiver) => waiver.host === at.host && waiver.step === at.step && isFor(waiver, finding));
}
