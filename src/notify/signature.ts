import { createHmac } from "node:crypto";
import type { Secret } from "../model/secret.ts";

/** What proves to a receiver that a body is ours and of this moment (seconds since the epoch): `t=…,v1=…`, an HMAC-SHA256 of `t.body` in hex. */
export function signatureOf(secret: Secret, at: number, body: string): string {
  const hmac = createHmac("sha256", secret.reveal()).update(`${at}.${body}`).digest("hex");
  return `t=${at},v1=${hmac}`;
}
