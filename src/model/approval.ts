import { z } from "zod";

/** How much harm a fix can do when it goes wrong; the runbook must say. */
export const Risk = z.enum(["low", "medium", "high"]);
export type Risk = z.infer<typeof Risk>;

/** The highest risk that is fixed without asking; `none` asks for everything. */
export const ApproveLevel = z.enum(["none", "low", "medium", "high"]);
export type ApproveLevel = z.infer<typeof ApproveLevel>;

/** Whether `level` covers a fix of `risk`. */
export function covers(level: ApproveLevel, risk: Risk): boolean {
  return ApproveLevel.options.indexOf(level) >= ApproveLevel.options.indexOf(risk);
}

/** A person's answer to one card. It counts only while the digest is still the one that was shown. */
export type Decision = {
  readonly host: string;
  readonly step: string;
  readonly digest: string;
  readonly verdict: "approve" | "deny";
  readonly by: string;
  readonly reason?: string;
};
