import * as z from "zod";
import { Risk } from "./approval.ts";

/** What a rule says of a fix: it may start without a person, a person is asked, or it does not start in this run. */
export const Permit = z.enum(["auto", "ask", "deny"]);
export type Permit = z.infer<typeof Permit>;

/** Hours of some days in a time zone. */
export const TimeWindow = z.object({
  /** 1 is Monday, 7 Sunday; a window that goes over midnight belongs to the day it begins on. */
  days: z.array(z.int().min(1).max(7)).min(1),
  /** Minutes after midnight; `to` is not in it, and not after `from`: the window goes over midnight. */
  from: z.int().min(0).max(1439),
  to: z.int().min(0).max(1440),
  /** IANA name. */
  zone: z.string(),
});
export type TimeWindow = z.infer<typeof TimeWindow>;

/** One rule as it concerns one run: its runbook and digest conditions hold, its host patterns are names. Null: all. */
export const PlannedRule = z.object({
  name: z.string(),
  /** `file:line`. */
  where: z.string(),
  steps: z.array(z.string()).nullable(),
  risks: z.array(Risk).nullable(),
  on: z.enum(["host", "controller"]).nullable(),
  hosts: z.array(z.string()).nullable(),
  /** It holds within any of these. */
  when: z.array(TimeWindow).nullable(),
  /** It holds on these days alone, both ends in it; absent: on all. */
  days: z.object({ from: z.string(), to: z.string(), zone: z.string() }).optional(),
  /** It holds from then on, in ms since the epoch; absent: always. */
  since: z.number().optional(),
  approve: Permit,
  /** Different people who must say yes. */
  approvers: z.int().positive(),
  /** Whoever started the run may not approve. */
  notRequester: z.boolean(),
  /** Only signed decisions count. */
  signed: z.boolean(),
  /** Seconds that an approval lasts. */
  expires: z.number().nullable(),
  /** At most this many hosts of a run are fixed under this rule. */
  maxHosts: z.int().positive().nullable(),
  reason: z.string().nullable(),
});
export type PlannedRule = z.infer<typeof PlannedRule>;

/** One policy file as it concerns one run. The first rule that matches holds; where none does, a person is asked. */
export const PlannedPolicy = z.object({
  source: z.string(),
  /** Absolute path of the `allowed_signers` file; null: signatures cannot be checked. */
  signers: z.string().nullable(),
  rules: z.array(PlannedRule),
});
export type PlannedPolicy = z.infer<typeof PlannedPolicy>;
