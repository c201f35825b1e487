import { text } from "node:stream/consumers";
import { contentDigest } from "../engine/runbook-digest.ts";
import type { Fault } from "../model/fault.ts";

/**
 * The schedules that the daemon goes by, from our standard input: what stands in their file may be another by now, or half-written. A fault: not all of
 * it has come. Undefined: nobody gives any.
 */
export async function textInForce(digest: string | undefined): Promise<string | undefined | Fault> {
  if (digest === undefined) return undefined;
  const given = await text(process.stdin);
  if (contentDigest(Buffer.from(given)) === digest) return given;
  const message = "the schedules that are in force have not come whole on standard input";
  return { kind: "usage", where: "--digest", message, hint: "whoever began this fire begins it again" };
}
