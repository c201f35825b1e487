import * as z from "zod";

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

/** An SSH signature (`ssh-keygen -Y sign`) over a decision: who gave it can be proved later. */
export const Signature = z.object({
  /** The signer as the `allowed_signers` file names them. */
  principal: z.string(),
  /** Fingerprint of the key: `SHA256:…`. */
  key: z.string(),
  /** The armoured signature. */
  text: z.string(),
});
export type Signature = z.infer<typeof Signature>;

/**
 * When somebody decided, in whole ms since the epoch: as much as a signed text says. A part of a ms more would be another decision with the
 * same signature.
 */
export const DecidedAt = z.int().min(0).max(8.64e15);

/** Who decided, and when: the OS user, the machine they sat at, ms since the epoch. */
export const Decider = z.object({
  by: z.string(),
  machine: z.string().optional(),
  /** When it was decided; absent: when it was recorded. */
  decidedAt: DecidedAt.optional(),
  signature: Signature.optional(),
});
export type Decider = z.infer<typeof Decider>;

/** Only who decided, and when, of whatever says more. */
export function deciderOf({ by, machine, decidedAt, signature }: Decider): Decider {
  return {
    by,
    ...(machine === undefined ? {} : { machine }),
    ...(decidedAt === undefined ? {} : { decidedAt }),
    ...(signature === undefined ? {} : { signature }),
  };
}

/** Who decided, by the name that a proof goes by: that of their key where they signed, else their OS user. */
export function nameOf({ by, signature }: Decider): string {
  return signature?.principal ?? by;
}

/** A person's answer to one card. It counts only while the digest is still the one that was shown. */
export const Decision = Decider.extend({
  host: z.string(),
  step: z.string(),
  digest: z.string(),
  verdict: z.enum(["approve", "deny"]),
  reason: z.string().optional(),
});
export type Decision = z.infer<typeof Decision>;

/** A finding that is accepted as it is until a date: no step finds it until then. */
export const Waiver = z.object({
  host: z.string(),
  step: z.string(),
  /** The key of the finding. */
  key: z.string(),
  /** In place of the key: what columns of a finding must hold, as scripts see it. Without any: whatever the step finds. */
  match: z.record(z.string(), z.string()).optional(),
  /** `file:line` where it is written; absent: it was given on a card. */
  where: z.string().optional(),
  /** ms since the epoch. */
  until: z.number(),
  by: z.string(),
  reason: z.string(),
});
export type Waiver = z.infer<typeof Waiver>;

/** How long an approval lasts where neither runbook nor policy says, in seconds. */
export const DEFAULT_EXPIRES = 3600;

/** Nobody may accept a problem for longer than this without looking again, in ms: a year. */
export const LONGEST_WAIVER = 366 * 24 * 3600 * 1000;
