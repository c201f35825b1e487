import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { SqliteRecord } from "../../src/journal/sqlite.ts";
import { type Tapdisk, startTapdisk } from "../../src/lab/tapdisk.ts";
import { httpReceiver } from "../kit/http-receiver.ts";
import { mailReceiver } from "../kit/mail-receiver.ts";
import { Site, lives, tapbacksOf, usage } from "../kit/practice.ts";
import { eventually } from "../kit/processes.ts";

const LOG = "/var/log/blktap/tapdisk.2345.log";
const SICK: Tapdisk = { domid: 18, log: LOG, flood: 1e9, deleted: true, running: false, onTerm: "exit", onHup: "exit" };
const FINE: Tapdisk = {
  ...SICK,
  domid: 7,
  log: "/var/log/blktap/tapdisk.7.log",
  flood: 0,
  deleted: false,
  running: true,
};
/** Seconds between two fires. */
const EVERY = 2;

test(
  "a fault that comes while the daemon runs is found, asked about, told, fixed once when it is approved elsewhere, and proved, though the daemon is killed meanwhile and another takes over",
  { timeout: 180_000 },
  async () => {
    await using site = new Site();
    await using http = await httpReceiver();
    await using mail = await mailReceiver();
    const [sick, well] = [await site.host("xen1"), await site.host("xen2")];
    const innocent = await startTapdisk(well, FINE);
    const file = join(site.directory, "schedules.yml");
    writeFileSync(
      file,
      `schedules:
  - { name: tapdisk, runbook: tapdisk-disk-full, inventory: ${site.inventory()}, cron: "*/${EVERY} * * * * *", notify: [hook, post], inputs: { term_wait: 1s } }
notifications:
  - { name: hook, webhook: { url: "${http.url}" } }
  - { name: post, mail: { host: 127.0.0.1, port: ${mail.port}, tls: none, from: runbook@example.org, to: ops@example.org } }
`,
    );
    const bodies = () => http.received.map(({ body }) => JSON.parse(body));
    const told = (kind: string) => () =>
      bodies().some((body) => body.kind === kind) &&
      mail.mails.some(({ text }) => text.includes(`X-Runbook-Kind: ${kind}`));
    const state = join(site.directory, "state");
    // So that it can be read before the first daemon has written to it.
    await using record = SqliteRecord.open(state);
    await record.book.known();
    const fires = () => {
      using book = new DatabaseSync(join(state, "runbook.db"), { readOnly: true });
      return book.prepare("select nominal, act, stage, exit from fire order by nominal").all();
    };
    const first = site.start("daemon", "--schedules", file);
    expect(await eventually(() => fires().some(({ exit }) => exit === 0), 60, 200)).toBe(true);
    const second = site.start("daemon", "--schedules", file);
    expect(bodies()).toEqual([]);

    const pid = await startTapdisk(sick, SICK);
    expect(await eventually(told("waiting"), 60)).toBe(true);
    expect(await lives(sick, pid)).toBe(true);
    first.child.kill("SIGKILL");

    const asked = bodies().find(({ kind }) => kind === "waiting");
    expect(asked).toMatchObject({ schedule: "tapdisk", hosts: { names: ["xen1"] } });
    const [, ...approve] = asked.cards[0].approve.split(" ");
    expect((await site.command(...approve)).exit).toBe(0);
    expect(await eventually(told("fixed"), 60)).toBe(true);
    const end = fires().length;
    expect(
      await eventually(
        () =>
          fires()
            .slice(end)
            .some(({ exit }) => exit === 0),
        60,
        200,
      ),
    ).toBe(true);
    second.child.kill("SIGTERM");
    const [killed, last] = await Promise.all([first.ended, second.ended]);
    expect([killed.exit, last.exit]).toEqual([null, 0]);
    expect(killed.out).toContain('"event":"leader"');
    expect(last.out).toMatch(/"event":"standby"[\s\S]*"event":"leader"/);

    // Judged from outside.
    expect(await lives(sick, pid)).toBe(false);
    expect(await usage(sick)).toBeLessThan(10);
    expect(await tapbacksOf(sick)).toEqual(["-d", "-d -x 18"]);
    expect(await lives(well, innocent)).toBe(true);
    const runs = await Promise.all((await record.runs()).map(({ run }) => record.read(run)));
    expect(runs.flat().filter(({ event }) => event.type === "fix-started")).toHaveLength(1);
    // Every moment that the expression names has one fire, whichever daemon was in charge, and one is not begun twice.
    const moments = fires().map(({ nominal }) => Number(nominal));
    expect(moments).toEqual(moments.map((_, at) => (moments[0] ?? 0) + at * EVERY * 1000));
    const ids = new Map(bodies().map(({ id, kind }) => [id, kind]));
    expect([...ids.values()].filter((kind) => ["waiting", "fixed"].includes(kind))).toEqual(["waiting", "fixed"]);
  },
);
