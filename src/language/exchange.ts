import * as z from "zod";
import { DecidedAt } from "../model/approval.ts";
import { Entry } from "../model/event.ts";
import type { Fault } from "../model/fault.ts";

const Run = z.string().min(1).max(200);
const Digest = z.string().regex(/^[0-9a-f]{32}$/, "expected 32 hex digits");

/** What waits in a run, for somebody without access to its record. Everything on the cards can be made again from the entries. */
export const RequestFile = z.object({
  format: z.literal("runbook-requests/1"),
  run: Run,
  runbook: z.object({ name: z.string(), title: z.string(), path: z.string(), digest: z.string() }),
  /** Who started the run. */
  by: z.string(),
  /** ms since the epoch. */
  exportedAt: z.number(),
  requests: z
    .array(
      z.object({
        host: z.string(),
        step: z.string(),
        digest: Digest,
        /** What the digest is of: the first half of the SHA-256 of this as JSON without spaces, in hex. */
        subject: z.unknown(),
        card: z.unknown(),
        wants: z.object({
          approvers: z.number(),
          notRequester: z.boolean(),
          signed: z.boolean(),
          expires: z.number(),
          given: z.array(z.string()),
        }),
      }),
    )
    .min(1),
  /** The run's record up to then. */
  entries: z.array(Entry).min(1),
});
export type RequestFile = z.infer<typeof RequestFile>;

/** Decisions on the way to the record of their run. Who gave one is told by its signature alone. */
export const DecisionFile = z.object({
  format: z.literal("runbook-decisions/1"),
  run: Run,
  decisions: z
    .array(
      z.object({
        host: z.string(),
        step: z.string(),
        digest: Digest,
        verdict: z.enum(["approve", "deny"]),
        reason: z.string().optional(),
        by: z.string(),
        machine: z.string().optional(),
        decidedAt: DecidedAt,
        /** As `ssh-keygen -Y sign` gave it. */
        signature: z.string().optional(),
      }),
    )
    .min(1),
});
export type DecisionFile = z.infer<typeof DecisionFile>;

/** Reads a file of requests. `file` is the name that faults say. */
export function readRequestFile(text: string, file: string): RequestFile | Fault {
  return readAs(RequestFile, "runbook-requests/1", text, file, "`runbook approvals RUN --export FILE` writes one");
}

/** Reads a file of decisions. */
export function readDecisionFile(text: string, file: string): DecisionFile | Fault {
  const hint = "`runbook approve REQUEST.json --export FILE` writes one";
  return readAs(DecisionFile, "runbook-decisions/1", text, file, hint);
}

function readAs<T>(schema: z.ZodType<T>, format: string, text: string, file: string, hint: string): T | Fault {
  const fault = (message: string): Fault => ({ kind: "invalid-file", where: file, message, hint });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return fault("this is no JSON: the file is cut, or something else");
  }
  const found = z.object({ format: z.string() }).safeParse(value).data?.format;
  if (found !== format) {
    return fault(found === undefined ? `this is no file of ${format}` : `this is a file of ${found}, not of ${format}`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue === undefined || issue.path.length === 0 ? "" : ` at ${issue.path.join(".")}`;
  return fault(`the file was changed or is not whole${place}: ${issue?.message ?? "it does not fit"}`);
}
