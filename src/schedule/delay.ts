import { createHash } from "node:crypto";

/** Seconds from 0 to `jitter` by which a schedule fires later than its expression says: the same for a name at every fire, and wherever it runs. */
export function delayOf(name: string, jitter: number): number {
  const share = createHash("sha256").update(`runbook schedule ${name}`).digest().readUIntBE(0, 6) / 2 ** 48;
  return Math.floor(share * (Math.floor(jitter) + 1));
}
