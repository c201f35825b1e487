import { execFileSync } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { localJob, sweep, verdictsOf } from "../kit/shelf.ts";

const run = ["run", "job", "-i", "hosts.yml", "--json"] as const;
const TOP = `inputs:
  dir: { type: string }
  word: { type: choice, choices: [default, group, host, given], default: default }
  size: { type: bytes, default: 10M, min: 1024, max: 1073741824 }
  wait: { type: duration, default: 1m30s }
  loud: { type: boolean, default: false }
`;
const ECHO = `  - id: echo
    detect:
      run: echo "$word $size $wait $loud $host_name"
      findings: { said: string }
`;

test("inputs: --input over the host's variable over its group's over the default; units are plain numbers", async () => {
  await using shop = await localJob(ECHO, { top: TOP });
  await shop.write(
    "hosts.yml",
    `all:
  vars: { ansible_connection: local, dir: / }
  hosts: { none: {} }
  children:
    some: { vars: { word: group, wait: 2h }, hosts: { grouped: { size: 1.5 GiB }, own: { word: host, loud: yes } } }
`,
  );
  await shop.write("word.txt", "given\n");
  const broken = await shop.run(...run);
  expect(broken).toMatchObject({ exit: 64, out: "" });
  expect(broken.err).toContain(
    'hosts.yml:5:72: grouped: `size`: expected a size such as 512, 10M or 1.5 GiB from 1024 to 1073741824 bytes, not "1.5 GiB"\n',
  );
  const said = async (...more: string[]) => {
    const { out } = await shop.runWith({ SIZE: "2K" }, ...run, ...more);
    return [...out.matchAll(/"values":\{"said":"([^"]*)"/g)].map((match) => match[1] ?? "").toSorted();
  };
  expect(await said("--input", "size=env:SIZE")).toEqual([
    "default 2048 90 false none",
    "group 2048 7200 false grouped",
    "host 2048 7200 true own",
  ]);
  expect(await said("--input", "word=@word.txt", "--input", "size=3K", "--input", "wait=1m", "-l", "own")).toEqual([
    "given 3072 60 true own",
  ]);
});

test("the file of a value is a text of a sensible size, and no FIFO that is waited for", async () => {
  await using shop = await localJob(ECHO, { top: TOP, files: { latin1: Buffer.from("caf\xe9", "latin1") } });
  await shop.write("huge", "x".repeat(1_000_001));
  execFileSync("mkfifo", [join(shop.directory, "fifo")]);
  for (const [file, problem] of [
    ["latin1", "the file is not text in UTF-8"],
    ["huge", "the file is too large: 1 MB, and at most 1 MB is read"],
    ["fifo", "this is no regular file"],
    [".", "this is a directory, and a file is expected"],
  ]) {
    const err = `--input word: ${file}: ${problem}\n`;
    expect(await shop.run(...run, "--input", `word=@${file}`)).toEqual({ exit: 64, out: "", err });
  }
});

test("every wrong input is told at once, with what was meant, before any host is reached", async () => {
  await using shop = await localJob(ECHO, { top: TOP });
  const wrong = ["sise=1", "size", "size=1", "wait=@gone", "loud=env:GONE_X", "word"].flatMap((pair) => [
    "--input",
    pair,
  ]);
  const { exit, out, err } = await shop.run(...run, ...wrong, "--step", "eco", "--approve", "hihg");
  expect({ exit, out }).toEqual({ exit: 64, out: "" });
  expect(err.split("\n")).toEqual([
    "--approve: no such risk: hihg",
    "  → did you mean `high`?",
    "--step eco: job has no such step",
    "  → did you mean `echo`?",
    "--input sise: job has no such input",
    "  → did you mean `size`?",
    "--input size: expected NAME=VALUE, NAME=@file or NAME=env:VARIABLE",
    '--input size: expected a size such as 512, 10M or 1.5 GiB from 1024 to 1073741824 bytes, not "1"',
    "--input wait: gone: there is no such file",
    "--input loud: the variable GONE_X is not set in the environment",
    "--input word: expected NAME=VALUE, NAME=@file or NAME=env:VARIABLE",
    "",
  ]);
  const limits = await shop.run(
    ...run,
    "--input",
    "size=1",
    "--input",
    "wait=soon",
    "--input",
    "word=gives",
    "--input",
    "loud=yes",
  );
  expect(limits.exit).toBe(64);
  for (const name of ["size", "wait", "word", "loud"])
    expect(limits.err).toMatch(new RegExp(`^--input ${name}: expected .*, not `, "m"));
});

test("facts, files and functions reach every script; $since and $keep are there from the fix on", async () => {
  const top = `inputs: { dir: { type: string } }
facts:
  kernel: uname -s
  both: echo "$kernel on $host_name"
files: [list.txt]
functions: job.sh
applies: '[ "$host_name" != b ] || { echo none; exit 1; }'
`;
  const steps = `  - id: step
    detect:
      run: |
        [ -z "$since" ] || echo "since $(( $(date +%s) - since < 60 ))" >>"$dir/log"
        [ -e "$dir/fixed" ] || shout "$both" "$(cat "$files/list.txt")"
      findings: { text: string }
    fix:
      risk: low
      run: |
        echo "$text; $both; $(shout "$(cat "$files/list.txt")"); $run_id" >"$keep/was"
        echo "$keep" >"$dir/keep"
        cp "$keep/was" "$dir/was"; touch "$dir/fixed"
    verify:
      run: '[ "$keep" = "$(cat "$dir/keep")" ]; cmp "$keep/was" "$dir/was"'
      within: 1s
      every: 200ms
`;
  const files = {
    "runbooks/job.sh": 'shout() { printf "%s!\\n" "$*"; }\n',
    "runbooks/list.txt": "one 'two'\n",
  };
  await using shop = await localJob(steps, { top, files });
  const { exit, out } = await shop.run(...run, "-y");
  expect({ exit, verdicts: verdictsOf(out) }).toEqual({ exit: 0, verdicts: { "a step": "fixed" } });
  const read = (name: string) => readFile(join(shop.directory, "a", name), "utf8");
  expect(await read("was")).toMatch(/^Linux on a one 'two'!; Linux on a; one 'two'!; \d{12}-\w{6}\n$/);
  expect(await read("log")).toBe("since 1\n");
  await expect(readFile((await read("keep")).trim())).rejects.toThrow("ENOENT");
});

describe("facts that cannot be read leave the host unknown", () => {
  test.each([
    ["exit 3", "unknown: fact it exited 3"],
    ["printf 'a\\0b'", "unknown: fact it holds a NUL byte, which no shell can take"],
  ])("%s", async (body, verdict) => {
    const top = `inputs: { dir: { type: string } }\nfacts: { it: ${JSON.stringify(body)} }\n`;
    await using shop = await localJob("  - id: step\n    detect: { run: echo bad }\n", { top });
    const { exit, out } = await shop.run(...run);
    expect({ exit, verdicts: verdictsOf(out) }).toEqual({ exit: 4, verdicts: { "a step": verdict } });
  });
});

test("$keep is the same directory in fix, verify and rollback, and stays after a failure; the log says where", async () => {
  const steps = `  - id: step
    detect: { run: echo bad }
    fix: { risk: low, run: 'echo "$keep" >"$dir/fix"; echo before >"$keep/was"' }
    verify: { within: 200ms, every: 100ms }
    rollback: { run: 'echo "$keep" >"$dir/rollback"; cat "$keep/was" >"$dir/back"' }
`;
  await using shop = await localJob(steps);
  const { exit, out } = await shop.run("run", "job", "-i", "hosts.yml", "-y");
  expect(exit).toBe(1);
  const read = (name: string) => readFile(join(shop.directory, "a", name), "utf8");
  const keep = (await read("fix")).trim();
  expect((await read("rollback")).trim()).toBe(keep);
  expect(await read("back")).toBe("before\n");
  expect(await readFile(join(keep, "was"), "utf8")).toBe("before\n");
  expect(out).toContain(`kept by the fixes: /run/${basename(keep).replace(/login$/, "*")} there (or`);
});

test("a fix that does not name $keep has none, and leaves none where it fails", async () => {
  await using shop = await localJob(sweep().replace("rm --", "exit 3; rm --"), { files: { "a/x.bad": "" } });
  const { exit, out } = await shop.run("run", "job", "-i", "hosts.yml", "-y");
  expect(exit).toBe(1);
  const id = / run (\d{12}-\w{6})$/m.exec(out)?.[1] ?? "no id";
  expect(id).not.toBe("no id");
  expect((await readdir("/run")).filter((name) => name.startsWith(`runbook-keep-${id}`))).toEqual([]);
});

test("a run that waits leaves no job on the host whose end is on record, and keeps $keep for whoever goes on with it", async () => {
  const hand = `  - id: hand
    independent: true
    detect: { run: '[ -e "$dir/done" ] || echo loose' }
    fix: { risk: low, manual: Plug it in }
`;
  await using shop = await localJob(sweep().replace("rm --", 'echo "$keep" >"$dir/keep"; rm --') + hand, {
    files: { "a/x.bad": "" },
  });
  const { exit } = await shop.run("run", "job", "-i", "hosts.yml", "-y");
  expect(exit).toBe(3);
  const keep = (await readFile(join(shop.directory, "a/keep"), "utf8")).trim();
  expect(await readdir(keep)).toEqual([]);
  const id = /^runbook-keep-(.*)-1-login$/.exec(basename(keep))?.[1] ?? "?";
  expect((await readdir("/run")).filter((name) => name.startsWith(`runbook-job-${id}.`))).toEqual([]);
});
