import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SqliteRecord } from "../../src/journal/sqlite.ts";
import { certificate, type Certificate } from "../kit/certificate.ts";
import { httpReceiver, type HttpReceiver } from "../kit/http-receiver.ts";
import { mailReceiver, type MailReceiver } from "../kit/mail-receiver.ts";
import { notificationsOf, notifying, write } from "../kit/notifying.ts";
import { eventually } from "../kit/processes.ts";
import { scheduledRun } from "../kit/scheduled.ts";
import { localJob, sweep } from "../kit/shelf.ts";
import { workshop } from "../kit/workshop.ts";

let directory: string;
let trusted: Certificate;
let http: HttpReceiver;
let mail: MailReceiver;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "runbook-certificate-"));
  trusted = certificate(directory);
  http = await httpReceiver(trusted);
  mail = await mailReceiver({ tls: trusted, login: { user: "runbook", password: "p4ss-of-mail" } });
});
afterAll(async () => {
  await Promise.all([http, mail].map((each) => each[Symbol.asyncDispose]()));
  await rm(directory, { recursive: true, force: true });
});

/** The notifications `hook` and `post` as a file has them. */
function notifications(): string {
  return `notifications:
  - name: hook
    webhook: { url: "${http.url}", secret: { env: HOOK_KEY }, headers: { Authorization: { command: [echo, Bearer t0ken-of-hook] } } }
  - name: post
    mail: { host: 127.0.0.1, port: ${mail.port}, from: runbook@example.org, to: ops@example.org, user: runbook, password: { file: password } }
`;
}

const env = (): Record<string, string> => ({ NODE_EXTRA_CA_CERTS: trusted.file, HOOK_KEY: "k3y-of-hook" });

describe("notify test", () => {
  const SCHEDULES = `schedules: [{ name: a, runbook: b, inventory: "x,", cron: "@daily", notify: [hook, post] }]\n`;

  test("sends a message over TLS, with a login, and says that it arrived", async () => {
    await using shop = await workshop({ "schedules.yml": SCHEDULES + notifications(), password: "p4ss-of-mail\n" });
    const [hook, post] = await Promise.all(["hook", "post"].map((name) => shop.runWith(env(), "notify", "test", name)));
    expect([hook, post]).toEqual([
      { exit: 0, out: "", err: "hook has taken the message.\n" },
      { exit: 0, out: "", err: "post has taken the message.\n" },
    ]);
    expect(http.received.at(-1)).toMatchObject({
      headers: { authorization: "Bearer t0ken-of-hook", "x-runbook-kind": "test" },
    });
    expect(mail.mails.at(-1)).toMatchObject({ user: "runbook", encrypted: true, to: ["ops@example.org"] });
  });

  test("says why it did not: nobody vouches for the certificate, a wrong password, a variable that is not set", async () => {
    await using shop = await workshop({ "schedules.yml": SCHEDULES + notifications(), password: "wrong\n" });
    const before = [http.received.length, mail.mails.length];
    const all = await Promise.all([
      shop.runWith({ HOOK_KEY: "k" }, "notify", "test", "hook"),
      shop.runWith(env(), "notify", "test", "post", "--json"),
      shop.run("notify", "test", "hook"),
      shop.run("notify", "test", "hok"),
    ]);
    expect(all.map(({ exit }) => exit)).toEqual([1, 1, 1, 64]);
    expect(all[0]?.err).toMatch(/^hook has not taken the message: self-signed certificate/);
    expect(JSON.parse(all[1]?.out ?? "")).toMatchObject({ arrived: false, why: expect.stringContaining("535") });
    expect(all[2]?.err).toContain("secret: the variable HOOK_KEY is not set in the environment");
    expect(all[3]?.err).toContain("did you mean `hook`?");
    expect([http.received.length, mail.mails.length]).toEqual(before);
  });
});

const TOP = "inputs: { dir: { type: string }, key: { type: string, secret: true } }\n";

describe("a daemon", () => {
  const KEY = "s3cret-of-the-fix";

  test(
    "tells a web server and a mail server what waits, takes the approval that the message names, and tells of the fix; nothing twice, though it is killed",
    { timeout: 120_000 },
    async () => {
      const step = sweep("sweep", "low").replace("rm --", ': "$key"; echo "$key"; rm --');
      await using shop = await localJob(step, { hosts: ["a", "b"], top: TOP });
      await shop.write("password", "p4ss-of-mail");
      await shop.write(
        "schedules.yml",
        `schedules:\n  - { name: nightly, runbook: runbooks/job.yml, inventory: hosts.yml, cron: "* * * * * *", inputs: { key: { env: FIX_KEY } }, notify: [hook, post] }\n${notifications()}`,
      );
      for (const host of ["a", "b"]) await shop.write(`${host}/1.bad`, "");
      const from = { http: http.received.length, mail: mail.mails.length };
      const bodies = () => http.received.slice(from.http).map(({ body }) => JSON.parse(body));
      const mails = () => mail.mails.slice(from.mail);
      const start = () => shop.startWith({ ...env(), FIX_KEY: KEY }, "daemon", "--state", "state");
      const has = (kind: string) => () =>
        bodies().some((body) => body.kind === kind) &&
        mails().some(({ text }) => text.includes(`X-Runbook-Kind: ${kind}`));

      const first = start();
      expect(await eventually(has("waiting"), 40)).toBe(true);
      first.child.kill("SIGKILL");
      await first.ended;
      const second = start();

      const asked = bodies().find(({ kind }) => kind === "waiting");
      expect(asked).toMatchObject({ schedule: "nightly", hosts: { count: 2, names: ["a", "b"] } });
      const [card] = asked.cards;
      expect(card.lines.join("\n")).toContain('rm -- "$dir/$file"');
      const [runbook, ...command] = card.approve.split(" ");
      expect(runbook).toBe("runbook");
      expect((await shop.run(...command)).exit).toBe(0);
      expect(await eventually(has("fixed"), 40)).toBe(true);
      second.child.kill("SIGTERM");
      expect((await second.ended).exit).toBe(0);

      // What was sent and not yet noted as sent is sent again, with its id: a receiver can tell.
      const kinds = [...new Map(bodies().map(({ id, kind }) => [id, kind])).values()];
      expect(kinds.filter((kind) => kind === "waiting" || kind === "fixed")).toEqual(["waiting", "fixed"]);
      const listed = await shop.run("notify", "list", "--all", "--json", "--state", "state");
      const lines = listed.out
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line));
      expect(new Set(lines.map(({ state }) => state))).toEqual(new Set(["sent"]));
      expect(await shop.run("notify", "list", "--state", "state")).toMatchObject({
        exit: 0,
        err: "Every message has arrived.\n",
      });
      // No secret is in any message, nor anywhere in the record.
      const record = await Promise.all(
        (await readdir(join(shop.directory, "state")))
          .filter((name) => name.startsWith("runbook.db"))
          .map((name) => readFile(join(shop.directory, "state", name), "latin1")),
      );
      const told = [...http.received.map(({ body }) => body), ...mail.mails.map(({ text }) => text), ...record];
      for (const text of told) expect(text).not.toMatch(/s3cret-of-the-fix|p4ss-of-mail|t0ken-of-hook|k3y-of-hook/);
    },
  );
});

test("a schedule that cannot begin is told with the reason and what to do, and that it does its work once it can", async () => {
  await using shop = await localJob(sweep());
  await using receiver = await httpReceiver();
  const hosts = await readFile(join(shop.directory, "hosts.yml"), "utf8");
  const schedule = `{ name: nightly, runbook: runbooks/job.yml, inventory: hosts.yml, cron: "* * * * * *", notify: [hook] }`;
  const hook = `{ name: hook, webhook: { url: "${receiver.url}" } }`;
  await shop.write("schedules.yml", `schedules: [${schedule}]\nnotifications: [${hook}]\n`);
  await shop.write("hosts.yml", "all: [s3cret-of-the-file");
  const daemon = shop.start("daemon", "--state", "state");
  const told = (): Record<string, unknown>[] => receiver.received.map(({ body }) => JSON.parse(body));
  expect(await eventually(() => told().length > 0, 40)).toBe(true);
  await shop.write("hosts.yml", hosts);
  expect(await eventually(() => told().length > 1, 40)).toBe(true);
  daemon.child.kill("SIGTERM");
  expect((await daemon.ended).exit).toBe(0);
  expect(told()).toMatchObject([
    {
      kind: "unknown",
      title: expect.stringMatching(/^Cannot tell: schedule nightly could not begin its fire of .* UTC$/),
      run: null,
      reason: expect.stringMatching(
        /^nothing was begun: exit 65; `runbook schedule run-now nightly --dry-run --schedules \S+schedules\.yml --state \S+` shows why$/,
      ),
    },
    { kind: "recovered", title: "Recovered: schedule nightly does its work again" },
  ]);
  expect(JSON.stringify(told())).not.toContain("s3cret");
});

test("messages that a receiver refuses are listed with the reason, and sent again when somebody wants that", async () => {
  await using shop = await workshop();
  await using receiver = await httpReceiver();
  receiver.answers(() => ({ status: 422, body: "who are you" }));
  {
    await using record = SqliteRecord.open(join(shop.directory, "state"));
    await write(record, scheduledRun("r1", { web1: "away" }));
    await notifying(record, notificationsOf({ name: "ops", webhook: { url: receiver.url } })).after(0);
  }
  const list = await shop.run("notify", "list", "--state", "state");
  expect(list.out.split("\n")[1]).toMatch(
    /^[0-9a-f]{8} {2}\S+ \S+ UTC {2}ops +refused +1 +Unknown: web1 cannot be looked at +HTTP 422: who are you$/,
  );
  expect(await shop.run("notify", "retry", "zz", "--state", "state")).toMatchObject({ exit: 64 });
  const again = await shop.run("notify", "retry", list.out.split("\n")[1]?.slice(0, 8) ?? "", "--state", "state");
  expect(again).toMatchObject({ exit: 0, err: "1 message is sent again by the daemon, within a minute.\n" });
  expect((await shop.run("notify", "list", "--json", "--state", "state")).out).toContain('"state":"due"');
});
