import { isHeaderValue, type Receiver } from "../model/notification.ts";
import type { InputOrigin } from "../model/origin.ts";
import { mask, Secret } from "../model/secret.ts";
import type { Notice } from "../notice/notice.ts";
import { slackPayload } from "../notice/slack.ts";
import { clean } from "../view/clean.ts";
import type { Sent, Surroundings } from "./send.ts";
import { signatureOf } from "./signature.ts";

type Webhook = Extract<Receiver, { kind: "webhook" }>;

/** Sends a message as a request. Redirects are not followed: whoever gets it is who stands in the file. */
export async function sendWebhook(
  to: Webhook,
  notice: Notice,
  { reveal, clock }: Surroundings,
  signal: AbortSignal,
): Promise<Sent> {
  const opened = await secretsOf(to, reveal);
  if (typeof opened === "string") return { kind: "later", why: clean(opened) };
  const { url, headers, key } = opened;
  const body = JSON.stringify(to.format === "slack" ? slackPayload(notice) : notice);
  const secrets = [url, ...Object.values(headers)].filter((value) => value instanceof Secret).flatMap(partsOf);
  const quiet = (text: string): string => clean(mask(text, secrets), { max: 300 });
  const at = Math.floor(clock.now() / 1000);
  try {
    const response = await fetch(plainOf(url), {
      method: "POST",
      redirect: "manual",
      body,
      headers: {
        ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, plainOf(value)])),
        "content-type": "application/json; charset=utf-8",
        "idempotency-key": notice.id,
        "user-agent": "runbook",
        "x-runbook-kind": notice.kind,
        ...(key === null ? {} : { "x-runbook-signature": signatureOf(key, at, body) }),
      },
      signal,
    });
    if (response.ok) {
      // Whoever has said yes has it, whatever becomes of the rest of the answer.
      void response.body?.cancel().catch(() => undefined);
      return { kind: "sent", why: "" };
    }
    return failureOf(response, quiet(await beginning(response)), { quiet, now: clock.now() });
  } catch (error) {
    return { kind: "later", why: quiet(errorWords(error)) };
  }
}

type Opened = {
  readonly url: string | Secret;
  readonly headers: Readonly<Record<string, string | Secret>>;
  readonly key: Secret | null;
};

async function secretsOf(to: Webhook, reveal: Surroundings["reveal"]): Promise<Opened | string> {
  const problems: string[] = [];
  const open = async (what: string, value: string | InputOrigin): Promise<string | Secret> => {
    if (typeof value === "string") return value;
    const opened = await reveal(value);
    if ("secret" in opened) return opened.secret;
    problems.push(`${what}: ${opened.problem}`);
    return "";
  };
  const url = await open("url", to.url);
  const key = to.secret === null ? null : await open("secret", to.secret);
  const headers: Record<string, string | Secret> = {};
  for (const [name, value] of Object.entries(to.headers)) {
    const opened = await open(name, value);
    if (!isHeaderValue(plainOf(opened))) problems.push(`${name}: what is there cannot stand in a header`);
    headers[name] = opened;
  }
  if (problems.length > 0) return problems.join("; ");
  if (!/^https?:\/\//i.test(plainOf(url))) return "url: what is there is no address of HTTP";
  return { url, headers, key: key instanceof Secret ? key : null };
}

function plainOf(value: string | Secret): string {
  return value instanceof Secret ? value.reveal() : value;
}

/** What an answer may repeat of a secret: the words of a header, the parts of an address. */
function partsOf(secret: Secret): readonly Secret[] {
  const parts = secret.reveal().split(/[\s/?&=#,;]+/);
  return [secret, ...parts.filter((part) => part.length >= LEAST_PART).map((part) => new Secret(part))];
}

/** Letters of a part that is worth hiding. */
const LEAST_PART = 4;

/** Statuses of requests that may do better later, also once our secrets are put right; all others from 400 to 499 are for good. */
const TEMPORARY: ReadonlySet<number> = new Set([401, 403, 407, 408, 425, 429]);

function failureOf(
  response: Response,
  said: string,
  { quiet, now }: { readonly quiet: (text: string) => string; readonly now: number },
): Sent {
  const { status, headers } = response;
  const words = `HTTP ${status}${said === "" ? "" : `: ${said}`}`;
  if (status >= 300 && status < 400) {
    return {
      kind: "refused",
      why: `HTTP ${status}: it redirects to ${quiet(headers.get("location") ?? "?")}, and redirects are not followed`,
    };
  }
  if (status < 500 && !TEMPORARY.has(status)) return { kind: "refused", why: words };
  const after = retryAfter(headers.get("retry-after"), now);
  return { kind: "later", why: words, ...(after === null ? {} : { after }) };
}

/** ms that a receiver wants to be left alone: seconds, or a date. Null: it does not say. */
export function retryAfter(header: string | null, now: number): number | null {
  if (header === null) return null;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}

/** Bytes of an answer that are read, in one line; the rest is none of our business. */
const MOST_READ = 4096;

async function beginning({ body }: Response): Promise<string> {
  if (body === null) return "";
  const reader = body.getReader();
  const parts: Uint8Array[] = [];
  try {
    for (let read = 0; read < MOST_READ;) {
      const { done, value } = await reader.read();
      if (done) break;
      parts.push(value);
      read += value.length;
    }
    await reader.cancel();
  } catch {
    // An answer that is broken off has its status all the same.
  }
  const text = new TextDecoder().decode(Buffer.concat(parts).subarray(0, MOST_READ));
  return text.trim().split("\n", 1)[0]?.slice(0, 200) ?? "";
}

function errorWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? cause.message || String("code" in cause ? cause.code : cause.name) : error.message;
}
