import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SqliteRecord } from "../../src/journal/sqlite.ts";
import { startTelling } from "../../src/notify/notifier.ts";
import type { Patience } from "../../src/notify/send.ts";
import { httpReceiver } from "../kit/http-receiver.ts";
import { mailReceiver } from "../kit/mail-receiver.ts";
import { HOUR, MINUTE, notificationsOf, notifying, write, tellOnce } from "../kit/notifying.ts";
import { eventually } from "../kit/processes.ts";
import { scheduledRun, type Fate } from "../kit/scheduled.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "runbook-receivers-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const left: Fate = { outcome: "found", reason: "a dry run" };
const SOON: Patience = { webhook: 300, command: 300, mail: 300 };
const MAIL = { host: "127.0.0.1", tls: "none", from: "runbook@example.org", to: ["ops@example.org"] };

/** A mail server that greets without end, and never lets anybody speak. */
async function endless(): Promise<AsyncDisposable & { readonly port: number; readonly guests: () => number }> {
  let guests = 0;
  const server = createServer((socket) => {
    guests += 1;
    const greeting = setInterval(() => socket.write("220-welcome\r\n"), 20);
    socket.on("error", () => undefined);
    socket.on("close", () => {
      guests -= 1;
      clearInterval(greeting);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    port,
    guests: () => guests,
    [Symbol.asyncDispose]: () => new Promise((done) => server.close(() => done())),
  };
}

/** Whether a process is there, or one of a group. */
function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function message(record: SqliteRecord) {
  const [first] = await record.outbox.list({ all: true, most: 1 });
  if (first === undefined) throw new Error("there is no message");
  return first;
}

describe("a web server", () => {
  test("that says yes and breaks off in the middle of its answer has the message", async () => {
    await using receiver = await httpReceiver();
    await using record = SqliteRecord.open(directory);
    const { after } = notifying(record, notificationsOf({ name: "ops", webhook: { url: receiver.url } }));
    receiver.answers(() => ({ status: 200, headers: { "content-length": "100" }, cut: true }));
    await write(record, scheduledRun("r1", { web1: left }));
    await after(0);
    await after(HOUR);
    expect(receiver.received).toHaveLength(1);
    expect(await message(record)).toMatchObject({ state: "sent" });
  });

  test.each([
    ["that there is no such path", { status: 404, body: "no route for POST /services/T012/s3cretpath" }],
    ["where it has moved to", { status: 308, headers: { location: "https://new.example/services/T012/s3cretpath/" } }],
    ["whose token it does not take", { status: 500, body: "unknown token t0ken-of-hook" }],
  ])("that says %s tells no secret of ours", async (_, answer) => {
    await using receiver = await httpReceiver();
    await using record = SqliteRecord.open(directory);
    const headers = { Authorization: { env: "TOKEN" } };
    const { after, words } = notifying(
      record,
      notificationsOf({ name: "ops", webhook: { url: { env: "URL" }, headers } }),
      {
        env: {
          URL: receiver.url.replace("/hook", "/services/T012/s3cretpath?key=k3y-of-hook"),
          TOKEN: "Bearer t0ken-of-hook",
        },
      },
    );
    receiver.answers(() => answer);
    await write(record, scheduledRun("r1", { web1: left }));
    await after(0);
    expect(receiver.received).toHaveLength(1);
    const { why } = await message(record);
    expect(why).toContain(`HTTP ${answer.status}`);
    expect([why, JSON.stringify(words)].join()).not.toMatch(/s3cretpath|t0ken-of-hook|k3y-of-hook/);
  });

  test("that does not take our token gets the message once the token is right", async () => {
    await using receiver = await httpReceiver();
    await using record = SqliteRecord.open(directory);
    const { after } = notifying(record, notificationsOf({ name: "ops", webhook: { url: receiver.url } }));
    receiver.answers(() => ({ status: 401 }));
    await write(record, scheduledRun("r1", { web1: left }));
    await after(0);
    receiver.answers(() => ({ status: 200 }));
    await after(MINUTE);
    expect(await message(record)).toMatchObject({ state: "sent", attempts: 2 });
  });
});

test("a secret that cannot stand in a header is told by the header's name alone", async () => {
  await using receiver = await httpReceiver();
  await using record = SqliteRecord.open(directory);
  const { after } = notifying(
    record,
    notificationsOf({ name: "ops", webhook: { url: receiver.url, headers: { Authorization: { env: "TOKEN" } } } }),
    { env: { TOKEN: " t0ken-of-hook\u0001of-two-parts " } },
  );
  await write(record, scheduledRun("r1", { web1: left }));
  await after(0);
  expect(await message(record)).toMatchObject({
    state: "due",
    why: "Authorization: what is there cannot stand in a header",
  });
});

describe("a mail server", () => {
  test("that puts off one of several gets that one's mail later, and nobody else's twice", async () => {
    let code = 451;
    await using server = await mailReceiver({ refuse: (to) => (to.startsWith("night") ? code : 0) });
    await using record = SqliteRecord.open(directory);
    const to = ["ops@example.org", "Night Shift <night@example.org>"];
    const { after } = notifying(record, notificationsOf({ name: "post", mail: { ...MAIL, to, port: server.port } }));
    await write(record, scheduledRun("r1", { web1: left }));
    await after(0);
    expect(await message(record)).toMatchObject({ state: "due", why: "not taken for night@example.org" });
    await after(HOUR);
    code = 0;
    await after(HOUR);
    expect(await message(record)).toMatchObject({ state: "sent" });
    expect(server.mails.map((mail) => mail.to)).toEqual([["ops@example.org"], ["night@example.org"]]);
    // Everybody sees who else has it.
    expect(server.mails[1]?.text).toContain("To: ops@example.org, Night Shift <night@example.org>");
  });

  test("that does not take our password gets the mail once the password is right", async () => {
    await using server = await mailReceiver({ login: { user: "me", password: "right" } });
    await using record = SqliteRecord.open(directory);
    await writeFile(join(directory, "password"), "wrong");
    const mail = { ...MAIL, port: server.port, tls: "none", user: "me", password: { file: "password" } };
    // Loopback: nobody reads the password on its way.
    const [post] = notificationsOf({ name: "post", mail: { ...mail, host: "localhost" } });
    if (post === undefined) throw new Error("there is one");
    const { after } = notifying(record, [post], { directory });
    await write(record, scheduledRun("r1", { web1: left }));
    await after(0);
    expect(await message(record)).toMatchObject({ state: "due", why: expect.stringContaining("535") });
    await writeFile(join(directory, "password"), "right");
    await after(MINUTE);
    expect(await message(record)).toMatchObject({ state: "sent" });
  });
});

describe("a receiver that comes to no end", () => {
  test("is left after its time, however it keeps us: by mail, by HTTP, or as a program with all it has started", async () => {
    await using server = await endless();
    await using web = await httpReceiver();
    web.answers(() => ({ status: 200, hang: true }));
    await using record = SqliteRecord.open(join(directory, "state"));
    await writeFile(join(directory, "bell"), "#!/bin/sh\necho $$ >pid; sleep 600 & wait\n");
    await chmod(join(directory, "bell"), 0o755);
    const { after } = notifying(
      record,
      notificationsOf(
        { name: "post", mail: { ...MAIL, port: server.port } },
        { name: "web", webhook: { url: web.url } },
        { name: "bell", command: ["./bell"] },
      ),
      { directory, patience: SOON },
    );
    await write(record, scheduledRun("r1", { web1: left }));
    await after(0);
    const messages = await record.outbox.list({ all: true, most: 3 });
    expect(messages.map(({ state, why }) => `${state}: ${why}`)).toEqual(Array(3).fill("due: no end within 0.3 s"));
    // Nothing is left of it here.
    const bell = Number(await readFile(join(directory, "pid"), "utf8"));
    expect(await eventually(() => !isThere(-bell))).toBe(true);
    expect(await eventually(() => server.guests() === 0)).toBe(true);
  });

  test("does not keep the daemon from its end", async () => {
    await using server = await endless();
    await using record = SqliteRecord.open(directory);
    const { notifier } = notifying(record, notificationsOf({ name: "post", mail: { ...MAIL, port: server.port } }));
    await write(record, scheduledRun("r1", { web1: left }));
    {
      await using telling = startTelling(notifier);
      await telling.round();
      expect(await eventually(() => server.guests() === 1)).toBe(true);
    }
    expect(await eventually(() => server.guests() === 0)).toBe(true);
    expect(await message(record)).toMatchObject({ state: "due" });
  });
});

test("a message that cannot be handed over at all is an attempt like another, and holds up nobody", async () => {
  await using receiver = await httpReceiver();
  await using record = SqliteRecord.open(directory);
  // The system takes no argument of that length.
  const { after } = notifying(
    record,
    notificationsOf(
      { name: "bell", command: ["true", "x".repeat(300_000)] },
      { name: "web", webhook: { url: receiver.url } },
    ),
  );
  await write(record, scheduledRun("r1", { web1: left }));
  await after(0);
  expect(await record.outbox.list({ all: true, most: 2 })).toMatchObject([
    { state: "sent" },
    { state: "due", attempts: 1, why: expect.stringContaining("E2BIG") },
  ]);
});

function full(): Promise<never> {
  return Promise.reject(new Error("the disk is full"));
}

test("what cannot be noted is not sent: a full disk lets no receiver be asked again and again", async () => {
  await using receiver = await httpReceiver();
  await using record = SqliteRecord.open(directory);
  const { notifier, after } = notifying(record, notificationsOf({ name: "ops", webhook: { url: receiver.url } }));
  await write(record, scheduledRun("r1", { web1: left }));
  // A stand-in of a record that can be read and not written.
  const outbox = { ...record.outbox, begin: full, tried: full };
  for (let round = 0; round < 3; round += 1) {
    const problems: string[] = [];
    const problem = (words: string): void => void problems.push(words);
    await tellOnce({ ...notifier, outbox, problem }).catch(() => undefined);
  }
  expect(receiver.received).toHaveLength(0);
  await after(0);
  expect(receiver.received).toHaveLength(1);
});
