import * as z from "zod";
import { Severity } from "./runbook.ts";

/** What the last look of an earlier check at a step of a host found, and when a check first found each of it. Times are ms since the epoch. */
export const EarlierLook = z.object({
  host: z.string(),
  step: z.string(),
  at: z.number(),
  findings: z.array(z.object({ key: z.string(), since: z.number() })),
});
export type EarlierLook = z.infer<typeof EarlierLook>;

/** A runbook that a check has left out. Without a reason: it concerns none of the hosts. */
export const LeftOut = z.object({
  runbook: z.string(),
  title: z.string(),
  path: z.string(),
  hosts: z.array(z.string()),
  steps: z.array(z.object({ step: z.string(), title: z.string(), severity: Severity })),
  /** What it lacks: a value, the leave to run on this machine, or soundness. */
  lacks: z.enum(["input", "leave", "soundness"]).nullable(),
  reason: z.string().nullable(),
  hint: z.string().nullable(),
});
export type LeftOut = z.infer<typeof LeftOut>;

/** What makes a run a part of a check: it only looks, with one of the check's runbooks. */
export const CheckPart = z.object({
  check: z.string(),
  /** Its place among the runbooks of the check, from 0. */
  place: z.int(),
  /** How many runs the check has. */
  parts: z.int().positive(),
  earlier: z.array(EarlierLook),
  /** All of its hosts, in the inventory's order; like what was left out, in the first of the runs alone. */
  hosts: z.array(z.string()).default([]),
  left: z.array(LeftOut).default([]),
});
export type CheckPart = z.infer<typeof CheckPart>;
