import { LONGEST_WAIVER } from "../../model/approval.ts";
import type { Fault } from "../../model/fault.ts";
import { WaiverFile, type WrittenWaiver } from "../../model/waiver-file.ts";
import { patternFault } from "../inventory/pattern.ts";
import { reportOn, type Report } from "../runbook/check-report.ts";
import { shape, type Form } from "../schema/shape.ts";
import { inFileOrder } from "../yaml/source.ts";
import { readYaml, type Yaml } from "../yaml/yaml.ts";
import { WAIVERS } from "./dialect.ts";

/** All that can be told of a file of waivers: those that hold at the moment; mistakes, which refuse the file; and those that have expired. */
export type ExaminedWaivers = {
  readonly waivers: readonly WrittenWaiver[];
  readonly faults: readonly Fault[];
  readonly warnings: readonly Fault[];
};

/** Reads a text and checks all of it. `file` is the name that faults say, `now` in ms since the epoch. */
export function examineWaivers(text: string, file: string, now: number): ExaminedWaivers {
  const { yaml, vague, draft, broken, faults } = shape(FORM, readYaml(text, { file, schema: "core", mend: true }));
  if (yaml === undefined || vague || draft === undefined)
    return { waivers: [], faults: inFileOrder(faults), warnings: [] };
  const report = reportOn(yaml);
  const doubtful = new Set(broken.map(([, index]) => index));
  for (const [at, waiver] of draft.waivers.entries()) {
    const wrong = patternFault(waiver.hosts);
    if (wrong !== undefined) report.fault(["waivers", at, "hosts"], wrong.message, wrong.hint);
    if (!doubtful.has(at)) checkEnd(report, at, waiver.until, now);
  }
  return {
    waivers: draft.waivers
      .map((waiver, at) => ({ ...waiver, ...signed(yaml, waiver.by, file, at) }))
      .filter(({ until }) => until > now),
    faults: inFileOrder([...faults, ...report.faults]),
    warnings: report.warnings,
  };
}

/** What must be there in a waiver, where it is missing or wrong. */
function standIn(path: string): unknown {
  if (/^waivers\/\d+\/until$/.test(path)) return "1970-01-01";
  if (/^waivers\/\d+\/reason$/.test(path)) return "-";
  return /^waivers\/\d+\/runbook$/.test(path) ? "*" : undefined;
}

const FORM: Form<WaiverFile> = { dialect: WAIVERS, schema: WaiverFile, vital: "waivers", standIns: standIn };

function checkEnd(report: Report, at: number, until: number, now: number): void {
  const path = ["waivers", at, "until"];
  if (until > now + LONGEST_WAIVER) report.fault(path, "a waiver lasts at most a year", "look at it again by then");
  else if (until <= now) {
    report.warn(
      path,
      "this waiver has expired, and holds no longer",
      "look at the finding again, then renew it or remove it",
    );
  }
}

function signed(yaml: Yaml, by: string | undefined, file: string, at: number): { by: string; where: string } {
  return { by: by ?? file.slice(file.lastIndexOf("/") + 1), where: `${file}:${yaml.place(["waivers", at]).line}` };
}
