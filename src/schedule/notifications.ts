import { NoticeKind, type Notification, type Receiver, type WrittenNotification } from "../model/notification.ts";

const PORTS = { starttls: 587, tls: 465, none: 25 } as const;

/** Notifications with everything decided; `where` says the place of each in its file. */
export function notificationsOf(
  written: readonly WrittenNotification[],
  where: (at: number) => string,
): readonly Notification[] {
  return written.map((one, at) => ({
    name: one.name,
    about: one.about ?? null,
    to: receiverOf(one),
    on: one.on ?? NoticeKind.options,
    limit: one.limit,
    where: where(at),
  }));
}

function receiverOf({ webhook, mail, command = [] }: WrittenNotification): Receiver {
  if (webhook !== undefined) {
    const { url, format, secret = null, headers = {} } = webhook;
    return { kind: "webhook", url, format, secret, headers };
  }
  if (mail === undefined) return { kind: "command", command };
  const { host, tls, port = PORTS[tls], from, to, user, password } = mail;
  const login = user === undefined || password === undefined ? null : { user, password };
  return { kind: "mail", host, port, tls, from, to, login };
}
