import { didYouMean } from "../language/suggest.ts";
import { ApproveLevel } from "../model/approval.ts";
import type { Fault } from "../model/fault.ts";

/** `--approve RISK` and `-y`, the higher of the two. */
export function approveLevel(options: {
  readonly approve?: string | undefined;
  readonly yes?: boolean | undefined;
}): ApproveLevel | Fault {
  const given = options.approve ?? "none";
  const level = ApproveLevel.safeParse(given).data;
  if (level === undefined) {
    const hint = didYouMean(given, ApproveLevel.options) ?? `one of ${ApproveLevel.options.join(", ")}`;
    return { kind: "usage", where: "--approve", message: `no such risk: ${given}`, hint };
  }
  return options.yes === true && (level === "none" || level === "low") ? "medium" : level;
}
