import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SqliteRecord } from "../../src/journal/sqlite.ts";
import { certificate } from "../kit/certificate.ts";
import { mailReceiver } from "../kit/mail-receiver.ts";
import { MINUTE, notificationsOf, notifying, write } from "../kit/notifying.ts";
import { scheduledRun, type Fate } from "../kit/scheduled.ts";
import { diskFinding } from "../kit/story.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "runbook-mail-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const ADDRESSES = {
  host: "127.0.0.1",
  tls: "none",
  from: "Runbook <runbook@example.org>",
  to: ["ops@example.org", "night@example.org"],
};
const left: Fate = { outcome: "found", reason: "a dry run" };

test("a mail goes to everybody as plain text, with a Message-ID that stays the same over attempts", async () => {
  let code = 451;
  await using server = await mailReceiver({ refuse: () => code });
  await using record = SqliteRecord.open(directory);
  const { after } = notifying(record, notificationsOf({ name: "post", mail: { ...ADDRESSES, port: server.port } }));
  await write(record, scheduledRun("r1", { web1: "waits" }));
  await after(0);
  expect(await record.outbox.list({ all: true, most: 1 })).toMatchObject([{ state: "due", attempts: 1 }]);
  code = 0;
  await after(MINUTE);
  const [message] = await record.outbox.list({ all: true, most: 1 });
  expect(message).toMatchObject({ state: "sent", attempts: 2 });
  expect(server.mails).toHaveLength(1);
  const [mail] = server.mails;
  expect(mail).toMatchObject({ from: "runbook@example.org", to: ADDRESSES.to, user: null, encrypted: false });
  for (const part of [
    "Subject: [runbook] Needs approval: A process holds a deleted log on web1\r\n",
    `Message-ID: <${message?.notice.id}@example.org>\r\n`,
    "Auto-Submitted: auto-generated\r\n",
    "Content-Type: text/plain; charset=utf-8\r\n",
  ])
    expect(mail?.text.replaceAll(/\r\n\s+/g, " ")).toContain(part.trimEnd());
  expect(decoded(mail?.text ?? "")).toMatch(/approve: {2}runbook approve r1 --digest [0-9a-f]{12}/);
});

test.each([
  [550, "refused"],
  [421, "due"],
])("a server that answers %i makes the message %s", async (code, state) => {
  await using server = await mailReceiver({ refuse: () => code });
  await using record = SqliteRecord.open(directory);
  const { after } = notifying(record, notificationsOf({ name: "post", mail: { ...ADDRESSES, port: server.port } }));
  await write(record, scheduledRun("r1", { web1: left }));
  await after(0);
  const [message] = await record.outbox.list({ all: true, most: 1 });
  expect(message).toMatchObject({ state });
  expect(message?.why).toContain(String(code));
});

test("who is not taken while others are is told with the message", async () => {
  await using server = await mailReceiver({ refuse: (to) => (to.startsWith("night") ? 550 : 0) });
  await using record = SqliteRecord.open(directory);
  const { after } = notifying(record, notificationsOf({ name: "post", mail: { ...ADDRESSES, port: server.port } }));
  await write(record, scheduledRun("r1", { web1: left }));
  await after(0);
  expect(await record.outbox.list({ all: true, most: 1 })).toMatchObject([
    { state: "sent", why: "not taken for night@example.org" },
  ]);
});

test("nothing is sent to a server that does not encrypt, or whose certificate nobody vouches for", async () => {
  await using open = await mailReceiver();
  await using foreign = await mailReceiver({ tls: certificate(directory) });
  await using record = SqliteRecord.open(directory);
  const mail = { ...ADDRESSES, tls: "starttls" };
  const { after } = notifying(
    record,
    notificationsOf(
      { name: "open", mail: { ...mail, port: open.port } },
      { name: "foreign", mail: { ...mail, port: foreign.port } },
    ),
  );
  await write(record, scheduledRun("r1", { web1: left }));
  await after(0);
  expect([open.mails, foreign.mails]).toEqual([[], []]);
  const messages = await record.outbox.list({ all: true, most: 2 });
  const why = Object.fromEntries(messages.map((one) => [one.notice.notification, `${one.state}: ${one.why}`]));
  expect(why["open"]).toMatch(/^due: .*STARTTLS/i);
  expect(why["foreign"]).toMatch(/^due: .*self-signed certificate/i);
});

test("what a host or a runbook says makes no header and no link", async () => {
  await using server = await mailReceiver();
  await using record = SqliteRecord.open(directory);
  const { after } = notifying(record, notificationsOf({ name: "post", mail: { ...ADDRESSES, port: server.port } }));
  const finding = diskFinding(1, { path: "x\r\nBcc: eve@evil.example\r\n\r\nhttps://evil.example/" });
  const entries = scheduledRun("r1", { web1: left }, { finding });
  const [first, ...rest] = entries;
  if (first?.event.type !== "run-started") throw new Error("a run begins with its plan");
  const steps = first.event.plan.steps.map((step) => ({ ...step, title: "T\r\nBcc: eve@evil.example\r\n" }));
  await write(record, [{ ...first, event: { ...first.event, plan: { ...first.event.plan, steps } } }, ...rest]);
  await after(0);
  const [mail] = server.mails;
  expect(mail?.to).toEqual(ADDRESSES.to);
  const [head = ""] = mail?.text.split("\r\n\r\n") ?? [];
  expect(head).not.toMatch(/^Bcc/im);
  const body = decoded(mail?.text ?? "");
  expect(body).not.toMatch(/^Bcc|https:\/\//im);
  expect(body).toContain("https[:]//evil.example");
});

/** The text of a mail whose body is quoted-printable, base64 or as it is. */
function decoded(mail: string): string {
  const cut = mail.indexOf("\r\n\r\n");
  const [head, body] = [mail.slice(0, cut), mail.slice(cut + 4)];
  if (/^content-transfer-encoding: base64/im.test(head)) return Buffer.from(body, "base64").toString("utf8");
  if (!/^content-transfer-encoding: quoted-printable/im.test(head)) return body;
  const bytes = body
    .replaceAll("=\r\n", "")
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}
