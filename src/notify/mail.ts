import { createTransport } from "nodemailer";
import type { Receiver } from "../model/notification.ts";
import { mask, type Secret } from "../model/secret.ts";
import type { Notice } from "../notice/notice.ts";
import { noticeLines } from "../notice/words.ts";
import { clean } from "../view/clean.ts";
import { PATIENCE, type Sent, type Surroundings } from "./send.ts";

type Mail = Extract<Receiver, { kind: "mail" }>;

/** Sends a message as a mail of plain text. Its Message-ID is the same for every attempt, so that a copy is known as one. */
export async function sendMail(to: Mail, notice: Notice, { reveal }: Surroundings, signal: AbortSignal): Promise<Sent> {
  const opened = to.login === null ? null : await reveal(to.login.password);
  if (opened !== null && "problem" in opened) return { kind: "later", why: clean(`password: ${opened.problem}`) };
  const password = opened?.secret ?? null;
  const transport = createTransport(optionsOf(to, password));
  const close = (): void => transport.close();
  signal.addEventListener("abort", close, { once: true });
  try {
    const { rejected } = await transport.sendMail(mailOf(to, notice));
    const refused = rejected.map(String).join(", ");
    return { kind: "sent", why: refused === "" ? "" : clean(`not taken for ${refused}`, { max: 300 }) };
  } catch (error) {
    return failureOf(error, password === null ? [] : [password]);
  } finally {
    signal.removeEventListener("abort", close);
    transport.close();
  }
}

function optionsOf({ host, port, tls, login }: Mail, password: Secret | null) {
  return {
    host,
    port,
    secure: tls === "tls",
    requireTLS: tls === "starttls",
    ignoreTLS: tls === "none",
    ...(login === null || password === null ? {} : { auth: { user: login.user, pass: password.reveal() } }),
    connectionTimeout: PATIENCE,
    greetingTimeout: PATIENCE,
    socketTimeout: PATIENCE,
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

/** What is wrong with the connection says nothing of the message. */
function failureOf(error: unknown, secrets: readonly Secret[]): Sent {
  const message = error instanceof Error ? error.message : String(error);
  const encrypts = !(error instanceof Error && "code" in error && error.code === "ETLS");
  const code = error instanceof Error && "responseCode" in error && encrypts ? Number(error.responseCode) : 0;
  const why = clean(mask(message, secrets), { max: 300 });
  return code >= 500 && code < 600 ? { kind: "refused", why } : { kind: "later", why };
}
