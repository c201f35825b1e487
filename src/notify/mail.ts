import { createTransport } from "nodemailer";
import type { Receiver } from "../model/notification.ts";
import { mask, type Secret } from "../model/secret.ts";
import type { Notice } from "../notice/notice.ts";
import { noticeLines } from "../notice/words.ts";
import { clean } from "../view/clean.ts";
import type { Sent, Surroundings } from "./send.ts";

type Mail = Extract<Receiver, { kind: "mail" }>;

/** Where senders of mail get passwords from. `deferred`: messages that some have taken → the addresses that are still to get them. */
type Post = Pick<Surroundings, "reveal"> & { readonly deferred: Map<string, readonly string[]> };

/** Messages of which it is known who has taken them: of one that is forgotten everybody gets a copy more. */
const MOST_DEFERRED = 1000;

/** Sends a message as a mail of plain text. Its Message-ID is the same for every attempt, so that a copy is known as one. */
export async function sendMail(
  to: Mail,
  notice: Notice,
  { reveal, deferred }: Post,
  signal: AbortSignal,
): Promise<Sent> {
  const opened = to.login === null ? null : await reveal(to.login.password);
  if (opened !== null && "problem" in opened) return { kind: "later", why: clean(`password: ${opened.problem}`) };
  const password = opened?.secret ?? null;
  const quiet = (text: string): string => clean(mask(text, password === null ? [] : [password]), { max: 300 });
  const transport = createTransport(optionsOf(to, password));
  const envelope = { from: to.from, to: [...(deferred.get(notice.id) ?? to.to)] };
  try {
    const { rejectedErrors = [] } = await transport.sendMail({ ...mailOf(to, notice), envelope, signal });
    return sentBut(rejectedErrors, notice.id, deferred, quiet);
  } catch (error) {
    return failureOf(error, quiet);
  } finally {
    transport.close();
  }
}

type Rejected = Error & { readonly recipient?: string | undefined; readonly responseCode?: number | undefined };

/** Who could not be given it now, and may be later, gets it at the next attempt, and nobody else does. */
function sentBut(
  rejected: readonly Rejected[],
  id: string,
  deferred: Post["deferred"],
  quiet: (text: string) => string,
): Sent {
  const later = rejected.filter(({ responseCode = 0 }) => !isFinal(responseCode)).flatMap(addressOf);
  const why = rejected.length === 0 ? "" : quiet(`not taken for ${rejected.flatMap(addressOf).join(", ")}`);
  deferred.delete(id);
  if (later.length === 0) return { kind: "sent", why };
  for (const oldest of [...deferred.keys()].slice(0, Math.max(0, deferred.size - MOST_DEFERRED)))
    deferred.delete(oldest);
  deferred.set(id, later);
  return { kind: "later", why };
}

function addressOf({ recipient }: Rejected): string[] {
  return recipient === undefined ? [] : [recipient];
}

/** ms that a server may be silent. */
const SILENCE = 60_000;

function optionsOf({ host, port, tls, login }: Mail, password: Secret | null) {
  return {
    host,
    port,
    secure: tls === "tls",
    requireTLS: tls === "starttls",
    ignoreTLS: tls === "none",
    ...(login === null || password === null ? {} : { auth: { user: login.user, pass: password.reveal() } }),
    connectionTimeout: SILENCE,
    greetingTimeout: SILENCE,
    socketTimeout: SILENCE,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

function mailOf({ from, to }: Mail, notice: Notice) {
  const domain = /@([\w.-]+)/.exec(from)?.[1] ?? "runbook";
  return {
    from,
    to: [...to],
    subject: `[runbook] ${notice.title}`,
    text: `${notice.title}\n\n${noticeLines(notice).join("\n")}\n`,
    date: new Date(notice.at),
    messageId: `<${notice.id}@${domain}>`,
    headers: { "Auto-Submitted": "auto-generated", "X-Runbook-Kind": notice.kind },
  };
}

/** What a server answers to an address, or to the mail itself; all else says nothing of the message. */
const OF_MESSAGE: ReadonlySet<unknown> = new Set(["EENVELOPE", "EMESSAGE"]);

function failureOf(error: unknown, quiet: (text: string) => string): Sent {
  const why = quiet(error instanceof Error ? error.message : String(error));
  if (!(error instanceof Error) || !("code" in error) || !OF_MESSAGE.has(error.code)) return { kind: "later", why };
  return "responseCode" in error && isFinal(Number(error.responseCode))
    ? { kind: "refused", why }
    : { kind: "later", why };
}

function isFinal(code: number): boolean {
  return code >= 500 && code < 600;
}
