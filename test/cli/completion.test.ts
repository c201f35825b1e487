import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { chmod, readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { metavarOf } from "../../src/cli/complete.ts";
import { VALUES } from "../../src/cli/complete-values.ts";
import { localJob } from "../kit/shelf.ts";
import { Terminal } from "../kit/terminal.ts";
import { type Workshop } from "../kit/workshop.ts";

const BIN = resolve(import.meta.dirname, "../../bin/runbook.js");
const STEPS = `  - id: sweep
    title: There are bad files
    detect: { run: 'true' }
  - id: scrub
    detect: { run: 'true' }
`;
const TOP = `inputs:
  level: { type: choice, choices: [mild, strong], default: mild, about: How much. }
  limit: { type: integer, default: 5 }
`;

const SCHEDULES = `inventory: hosts.yml
notifications: [{ name: chat, command: [cat] }]
schedules:
  - { name: nightly, runbook: job, cron: "@daily", about: Every night. }
  - { name: sweeps, check: [job], cron: "@hourly" }
`;

let shop: Workshop;
let run: string;
let env: Readonly<Record<string, string>>;
beforeAll(async () => {
  shop = await localJob(STEPS, { top: TOP });
  await shop.write("bin/runbook", `#!/bin/sh\nexec '${process.execPath}' '${BIN}' "$@"\n`);
  await chmod(join(shop.directory, "bin/runbook"), 0o755);
  env = {
    PATH: `${shop.directory}/bin:${process.env["PATH"]}`,
    HOME: shop.directory,
    PS1: "> ",
    LANG: "C.UTF-8",
  };
  await shop.write("my hosts.yml", "");
  await shop.write("schedules.yml", SCHEDULES);
  await shop.run("run", "job", "-i", "hosts.yml");
  const { out } = await shop.run("history", "--json");
  run = String(JSON.parse(out).run);
});
afterAll(() => shop[Symbol.asyncDispose]());

/** What is offered in the place of the last word, by the built command. */
async function offered(words: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [BIN, "__complete", "--", ...words], { cwd: shop.directory, env: { ...env } });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect(err).toBe("");
  const lines = out.trimEnd().split("\n");
  return lines.map((line) => line.split("\t", 1)[0]).join(" ");
}

describe("what is offered", () => {
  /** A line up to the cursor, and what may stand there. */
  const LINES_SO_FAR: Readonly<Record<string, string>> = {
    resu: "words resume",
    __: "words",
    "history ": "words list show verify export prune help",
    // `history` alone is `history list`.
    "history --js": "words --json",
    "nonsense ": "words",
    "run nothing-like-it": "files",
    "run job --step ": "words sweep scrub",
    "run -n job --step=sc": "words --step=scrub",
    "run job --input ": "parts level= limit=",
    "run job --input level=": "words level=mild level=strong",
    "run job --input=lev": "parts --input=level=",
    "run job -ih": "words",
    "run -nbi hosts.yml jo": "words job",
    "run job --wait-lock --no-t": "words --no-tui",
    "run job --state ": "directories",
    "run -- jo": "words job",
    "run job ": "words",
    "schedule preview ": "words nightly sweeps",
    "schedule export --systemd s": "words sweeps",
    "schedule next --schedules none.yml ": "words",
    "notify test ": "words chat",
    "history list --schedule ": "words nightly sweeps",
    "schema ": "words runbook policy case waivers schedules",
    "lint a.yml b": "files",
    "approve request.j": "files",
  };

  test("commands, options and their values, as far as the line before says", async () => {
    const lines = Object.keys(LINES_SO_FAR);
    const told = await Promise.all(lines.map(async (line) => [line, await offered(line.split(" "))] as const));
    expect(Object.fromEntries(told)).toEqual(LINES_SO_FAR);
  });

  test("runs by their ids, the newest first; none where there is no record, and none is made", async () => {
    expect(await offered(["resume", ""])).toBe(`words last ${run}`);
    expect(await offered(["run", "job", "--retry", run.slice(0, 4)])).toBe(`words ${run}`);
    expect(await offered(["resume", "--state", "nowhere", ""])).toBe("words");
    expect(await readdir(shop.directory)).not.toContain("nowhere");
  });

  test("every value that an option or a command takes is one that somebody has thought of", async () => {
    const directory = resolve(import.meta.dirname, "../../src/cli");
    const sources = await Promise.all(
      (await readdir(directory)).map((file) => readFile(join(directory, file), "utf8")),
    );
    const flags = sources.flatMap((text) =>
      [...text.matchAll(/\.(?:option|argument)\(\s*"([^"]+)"/g)].map(([, one]) => one ?? ""),
    );
    const known = new Set(["", "shell", "word", "verb", ...Object.keys(VALUES)]);
    expect(flags.length).toBeGreaterThan(80);
    expect([...new Set(flags.map(metavarOf))].filter((name) => !known.has(name))).toEqual([]);
  });
});

type Cases = readonly (readonly [before: string, after: string, then: string])[];

/** Has the shell read our completion. */
async function taught(terminal: Terminal, how: string): Promise<void> {
  await terminal.see(/^>$/);
  terminal.press(how);
  // Only when the line was read there is no prompt but the next one.
  await terminal.see(`> ${how}`);
  terminal.press("\r");
  await terminal.see(/^>$/);
}

/** Writes what each line begins with, presses TAB, writes on once it has become what it should, and answers with all lines. */
async function completed(terminal: Terminal, cases: Cases): Promise<readonly string[]> {
  const all: string[] = [];
  for (const [before, after, then] of cases) {
    terminal.press(`${before}\t`);
    const line = `> ${after.trimEnd()}`;
    await terminal.see(line);
    terminal.press(then);
    // An id may end as what comes then.
    await terminal.until(
      (lines) => lines.some((one) => one.startsWith("> ") && one.endsWith(then) && one !== line),
      then,
    );
    all.push(terminal.lines.findLast((one) => one !== "") ?? "");
    terminal.press("\u0015");
    await terminal.see(/^>$/);
  }
  return all;
}

/** The lines that completion should make. */
function wholeOf(cases: Cases): readonly string[] {
  return cases.map(([, after, then]) => `> ${after}${then}`);
}

const LINES = (id: string) =>
  [
    ["runbook resu", "runbook resume ", "x"],
    ["runbook history sh", "runbook history show ", "x"],
    ["runbook run jo", "runbook run job ", "x"],
    ["runbook run job --dry", "runbook run job --dry-run ", "x"],
    ["runbook run job --approve=me", "runbook run job --approve=medium ", "x"],
    // Nothing stands between an input and its value.
    ["runbook run job --input lim", "runbook run job --input limit=", "7"],
    ["runbook run job --input level=st", "runbook run job --input level=strong ", "x"],
    ["runbook run job -i my", "runbook run job -i my\\ hosts.yml ", "x"],
    ["runbook run --state run", "runbook run --state runbooks/", "x"],
    [`runbook history show ${id.slice(0, 3)}`, `runbook history show ${id} `, "x"],
  ] as const;

describe("real shells", () => {
  test("bash", async () => {
    await using terminal = new Terminal("bash", ["--norc", "--noprofile", "-i"], {
      columns: 120,
      rows: 30,
      env,
      cwd: shop.directory,
    });
    await taught(terminal, "source <(runbook completion bash)");
    const lines: Cases = [...LINES(run), ["./bin/runbook resu", "./bin/runbook resume ", "x"]];
    expect(await completed(terminal, lines)).toEqual(wholeOf(lines));
  });

  test("zsh", async () => {
    await using terminal = new Terminal("zsh", ["-f", "-i"], { columns: 120, rows: 30, env, cwd: shop.directory });
    await taught(terminal, "autoload -Uz compinit && compinit -u -D && source <(runbook completion zsh)");
    expect(await completed(terminal, LINES(run))).toEqual(wholeOf(LINES(run)));
    // Where several fit, each is told with what it is.
    terminal.press("runbook history \t");
    await terminal.see(/^show +-- one run as it was/);
  });

  test("fish", async () => {
    const lines: Readonly<Record<string, string>> = {
      "runbook resu": "resume\tgo on with a run that waited, was stopped, or died",
      "runbook run jo": "job",
      "runbook run job --approve=me": "--approve=medium",
      "runbook run job --input l": "level=\tHow much.\nlimit=",
      "runbook run job -i my": "my hosts.yml",
      "runbook run job --inventory=my": "--inventory=my hosts.yml",
      "runbook run --state run": "runbooks/\tDirectory",
      "runbook completion ": "bash\nzsh\nfish",
      "./bin/runbook resu": "resume\tgo on with a run that waited, was stopped, or died",
    };
    const asks = Object.keys(lines).map((line) => `echo (complete -C '${line}' | string collect); echo ==`);
    const child = spawn("fish", ["--no-config", "-c", `source (runbook completion fish | psub); ${asks.join("; ")}`], {
      cwd: shop.directory,
      env: { ...env },
    });
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
    expect(err).toBe("");
    const told = out.split("\n==\n").map((answer) => answer.replaceAll(/\t$/gm, "").trimEnd());
    expect(Object.fromEntries(Object.keys(lines).map((line, at) => [line, told[at]]))).toEqual(lines);
  });
});
