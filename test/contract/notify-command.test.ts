import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SqliteRecord } from "../../src/journal/sqlite.ts";
import { readOrigin } from "../../src/load/origin.ts";
import { MINUTE, notificationsOf, notifying, write } from "../kit/notifying.ts";
import { scheduledRun, type Fate } from "../kit/scheduled.ts";
import { diskFinding } from "../kit/story.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "runbook-bell-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const left: Fate = { outcome: "found", reason: "a dry run" };

async function script(name: string, text: string): Promise<void> {
  await writeFile(join(directory, name), `#!/bin/sh\n${text}\n`);
  await chmod(join(directory, name), 0o755);
}

test("a command gets the message on its stdin and what it is about in its environment, and nothing of it is read by a shell", async () => {
  await script("bell", 'cat >"$1"; env | grep ^RUNBOOK_NOTICE_ | sort >"$1.env"');
  await using record = SqliteRecord.open(join(directory, "state"));
  const { after } = notifying(record, notificationsOf({ name: "bell", command: ["./bell", "got; touch x"] }), {
    directory,
  });
  const finding = diskFinding(1, { path: "$(touch /tmp/never) `id` '\"" });
  await write(record, scheduledRun("r1", { web1: left }, { finding }));
  await after(0);
  const message = JSON.parse(await readFile(join(directory, "got; touch x"), "utf8"));
  expect(message).toMatchObject({ kind: "found", run: "r1", findings: [{ host: "web1" }] });
  expect(message.findings[0].what).toContain("$(touch /tmp/never)");
  expect((await readFile(join(directory, "got; touch x.env"), "utf8")).trimEnd().split("\n")).toEqual([
    "RUNBOOK_NOTICE_HOSTS=1",
    `RUNBOOK_NOTICE_ID=${message.id}`,
    "RUNBOOK_NOTICE_KIND=found",
    "RUNBOOK_NOTICE_NOTIFICATION=bell",
    "RUNBOOK_NOTICE_RUN=r1",
    "RUNBOOK_NOTICE_RUNBOOK=disk-full",
    "RUNBOOK_NOTICE_SCHEDULE=nightly",
    "RUNBOOK_NOTICE_STEP=release-log",
    "RUNBOOK_NOTICE_TITLE=Found: A process holds a deleted log on web1",
  ]);
});

test("a command that fails is started again later, with what it said as the reason", async () => {
  await script("bell", 'test -e ready && exit 0; echo "no \u001b[31mline" >&2; exit 3');
  await using record = SqliteRecord.open(join(directory, "state"));
  const { after } = notifying(
    record,
    notificationsOf({ name: "bell", command: ["./bell"] }, { name: "gone", command: ["./gone"] }),
    {
      directory,
    },
  );
  await write(record, scheduledRun("r1", { web1: left }));
  await after(0);
  const [gone, bell] = await record.outbox.list({ all: true, most: 2 });
  expect(bell).toMatchObject({ state: "due", why: "./bell exited 3: no \\x1b[31mline" });
  expect(gone?.why).toMatch(/ENOENT/);
  await writeFile(join(directory, "ready"), "");
  await after(MINUTE);
  expect((await record.outbox.list({ all: true, most: 2 }))[1]).toMatchObject({ state: "sent", attempts: 2 });
});

test("a program that reads nothing, and leaves something running behind it, has the message all the same", async () => {
  await script("bell", "sleep 30 & echo $! >child; exit 0");
  await using record = SqliteRecord.open(join(directory, "state"));
  const { after } = notifying(record, notificationsOf({ name: "bell", command: ["./bell"] }), { directory });
  const finding = diskFinding(1, { path: "x".repeat(300) });
  await write(
    record,
    scheduledRun("r1", Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`web${at}`, left])), { finding }),
  );
  await after(0);
  expect(await record.outbox.list({ all: true, most: 1 })).toMatchObject([{ state: "sent" }]);
  process.kill(Number(await readFile(join(directory, "child"), "utf8")));
});

test("a secret comes from the environment, a file or a program, and what it says besides is never told", async () => {
  await writeFile(join(directory, "key"), "of a file\n");
  await script(
    "tell",
    'test "$1" = well && echo "of a program" && exit; echo "the secret is 4711" >&2; echo 4711; exit 2',
  );
  const around = { env: { KEY: "of the environment" }, directory };
  const read = async (origin: Parameters<typeof readOrigin>[0]) => {
    const opened = await readOrigin(origin, around);
    return "secret" in opened ? opened.secret.reveal() : opened.problem;
  };
  expect(await read({ env: "KEY" })).toBe("of the environment");
  expect(await read({ file: "key" })).toBe("of a file");
  expect(await read({ command: ["./tell", "well"] })).toBe("of a program");
  expect(await read({ env: "NONE" })).toBe("the variable NONE is not set in the environment");
  expect(await read({ file: "none" })).toContain("there is no such file");
  expect(await read({ command: ["./tell", "badly"] })).toBe("./tell: it ended with exit code 2");
});
