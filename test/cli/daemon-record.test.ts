import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { SqliteRecord } from "../../src/journal/sqlite.ts";
import { firesIn, scheduled, startDaemon, until } from "../kit/daemon-command.ts";

const OFTEN = "*/2 * * * * *";

test.concurrent("a signal to end that comes while the record is waited for is not lost", async () => {
  await using shop = await scheduled(`{ name: often, runbook: job, cron: "@yearly" }`);
  await SqliteRecord.open(join(shop.directory, "state"))[Symbol.asyncDispose]();
  using database = new DatabaseSync(join(shop.directory, "state/runbook.db"));
  database.exec("begin immediate");
  const daemon = startDaemon(shop);
  await daemon.said(({ event }) => event === "daemon");
  await sleep(300);
  daemon.child.kill("SIGTERM");
  await sleep(300);
  database.exec("rollback");
  expect((await daemon.ended).exit).toBe(0);
});

test.concurrent("it waits for a record that cannot be used, also when it is told to read its file again, and closes it at its end", async () => {
  await using shop = await scheduled(`{ name: often, runbook: job, cron: "@yearly" }`);
  // No file, so that it cannot be opened.
  await mkdir(join(shop.directory, "state/runbook.db"), { recursive: true });
  const daemon = startDaemon(shop, "--listen", "127.0.0.1:0");
  expect((await daemon.said(({ event }) => event === "record"))["problem"]).toContain("this is no file");
  const listening = daemon.lines().find(({ event }) => event === "daemon")?.["listening"];
  const health = await fetch(`${String(listening)}/healthz`);
  expect([health.status, await health.json()]).toMatchObject([
    503,
    { problems: ["the record of runs cannot be used"] },
  ]);
  const other = startDaemon(shop);
  await other.said(({ event }) => event === "record");
  other.child.kill("SIGTERM");
  expect((await other.ended).exit).toBe(0);
  daemon.child.kill("SIGHUP");
  await rm(join(shop.directory, "state"), { recursive: true });
  await daemon.said(({ event }) => event === "leader");
  daemon.child.kill("SIGTERM");
  expect((await daemon.ended).exit).toBe(0);
  expect(await readdir(join(shop.directory, "state"))).toEqual(["runbook.db"]);
});

test.concurrent("while another process locks the record it says so, stays answerable, and loses and doubles no fire", async () => {
  await using shop = await scheduled(`{ name: often, runbook: job, cron: "${OFTEN}", overlap: queue }`);
  const daemon = startDaemon(shop, "--listen", "127.0.0.1:0");
  await daemon.said(({ event }) => event === "over");
  using lock = new DatabaseSync(join(shop.directory, "state/runbook.db"), { timeout: 5_000 });
  lock.exec("begin exclusive");
  const { problem } = await daemon.said(({ event }) => event === "record");
  expect(problem).toContain("database is locked");
  const { listening } = await daemon.said(({ event }) => event === "daemon");
  const health = await fetch(`${String(listening)}/healthz`);
  expect([health.status, await health.json()]).toMatchObject([
    503,
    { problems: ["the record of runs cannot be used"] },
  ]);
  lock.exec("rollback");
  await daemon.said(({ note }) => note === "it can be used again");
  const begun = daemon.lines().length;
  await until(async () =>
    daemon
      .lines()
      .slice(begun)
      .some(({ event, exit }) => event === "over" && exit === 0),
  );
  daemon.child.kill("SIGTERM");
  expect((await daemon.ended).exit).toBe(0);
  const nominals = (await firesIn(shop)).map(({ nominal }) => nominal);
  expect(nominals).toEqual(nominals.map((_, at) => (nominals[0] ?? 0) + at * 2000));
  await using record = SqliteRecord.open(join(shop.directory, "state"));
  for (const { run, stage } of await record.book.fires()) {
    if (run === null || stage !== "over") continue;
    const entries = await record.read(run);
    expect(entries.filter(({ event }) => event.type === "run-started")).toHaveLength(1);
  }
});
