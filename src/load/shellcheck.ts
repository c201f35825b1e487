import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { inFileOrder } from "../language/yaml/source.ts";
import type { Fault } from "../model/fault.ts";
import type { Located } from "./located.ts";

/** Seconds that it may take for the scripts of one runbook. */
const LIMIT = 60;

/**
 * What it says of every script and is none of ours: variables that come from the engine, or are there for another script (2154, 2034); functions that another
 * script calls, and what follows an exit in the function that a script is put into (2317, 2329); files that are not at hand (1090, 1091); the shebang (2148).
 */
const NOT_OURS = ["SC1090", "SC1091", "SC2034", "SC2148", "SC2154", "SC2317", "SC2329"];

const Comment = z.object({
  line: z.int(),
  endLine: z.int(),
  column: z.int(),
  endColumn: z.int(),
  level: z.string(),
  code: z.int(),
  message: z.string(),
});
type Comment = z.infer<typeof Comment>;

const Answer = z.object({ comments: z.array(Comment) });

/** What shellcheck says of scripts with the functions before them, at their places in the files; nothing where it is not installed. */
export async function shellcheckFaults(
  scripts: readonly Located[],
): Promise<{ readonly faults: Fault[]; readonly warnings: Fault[] }> {
  const told = await Promise.all(
    (["sh", "bash"] as const).map(async (shell) => {
      const own = scripts.filter((each) => each.shell === shell && !each.functions);
      const functions = scripts.filter((each) => each.shell === shell && each.functions);
      const all = [...functions, ...own];
      return all.length === 0 ? { faults: [], warnings: [] } : ofShell(shell, all);
    }),
  );
  const each = (kind: "faults" | "warnings"): Fault[] =>
    inFileOrder([
      ...new Map(told.flatMap((one) => one[kind]).map((fault) => [`${fault.where} ${fault.message}`, fault])).values(),
    ]);
  return { faults: each("faults"), warnings: each("warnings") };
}

async function ofShell(
  shell: "sh" | "bash",
  scripts: readonly Located[],
): Promise<{ readonly faults: Fault[]; readonly warnings: Fault[] }> {
  const { text, starts } = together(scripts);
  const answer = await ask(shell, text);
  const [first] = scripts;
  if (answer === null || first === undefined) return { faults: [], warnings: [] };
  if ("problem" in answer)
    return {
      faults: [],
      warnings: [first.at({ line: 1 }, `shellcheck: ${answer.problem}`, "`--no-shellcheck` does without it")],
    };
  const faults: Fault[] = [];
  const warnings: Fault[] = [];
  for (const comment of answer.comments) {
    const at = starts.findLastIndex((start) => start <= comment.line);
    const script = scripts[at];
    if (script === undefined) continue;
    const line = comment.line - (starts[at] ?? 1) + 1;
    if (isMeant(comment, script.text.split("\n")[line - 1] ?? "")) continue;
    const last = script.text.replace(/\n+$/, "").split("\n").length;
    const length = comment.endLine === comment.line ? Math.max(1, comment.endColumn - comment.column) : 1;
    const code = `SC${comment.code}`;
    const hint = `https://www.shellcheck.net/wiki/${code}; \`# shellcheck disable=${code}\` on the line before says that it is meant so`;
    // It counts characters, and we count as JavaScript does.
    const own = script.text.split("\n")[line - 1] ?? "";
    const column =
      Array.from(own)
        .slice(0, comment.column - 1)
        .join("").length + 1;
    const fault = script.at(
      { line: Math.min(line, last), column, length },
      `shellcheck: ${comment.message} (${code})`,
      hint,
    );
    (isCertain(comment) ? faults : warnings).push(fault);
  }
  return { faults, warnings };
}

/** Words from a command are split on purpose where `set --` takes them. */
function isMeant({ code }: Comment, line: string): boolean {
  return code === 2046 && /(?:^|[;{(]|\bthen|\bdo)\s*set -- \$\(/.test(line);
}

/** What no shell can read; everything else may be meant. `"$x[1]"` and `"$10"` it calls errors too, and shells read them. */
function isCertain({ level, code }: Comment): boolean {
  return level === "error" && code < 2000 && ![1037, 1087].includes(code);
}

/** Functions as they are, and each script as a function of its own, so that one reading does for all. Gives the line on which each begins. */
function together(scripts: readonly Located[]): { readonly text: string; readonly starts: readonly number[] } {
  let text = "";
  let line = 1;
  const starts: number[] = [];
  const add = (more: string): void => {
    text += more;
    line += more.split("\n").length - 1;
  };
  for (const [at, { text: own, functions }] of scripts.entries()) {
    if (!functions) add(`runbook_script_${at}() {\n`);
    starts.push(line);
    add(own.endsWith("\n") ? own : `${own}\n`);
    if (!functions) add("}\n");
  }
  return { text, starts };
}

/** Null: it is not installed. From a file, since it reads ahead of what it is sent. */
async function ask(
  shell: "sh" | "bash",
  text: string,
): Promise<{ readonly comments: readonly Comment[] } | { readonly problem: string } | null> {
  let directory: string | null = null;
  try {
    directory = await mkdtemp(join(tmpdir(), "runbook-shellcheck-"));
    await writeFile(join(directory, "scripts"), text);
    const printed = await run(shell, directory);
    return typeof printed === "string" ? Answer.parse(JSON.parse(printed)) : printed;
  } catch (error) {
    const why = error instanceof Error && "code" in error ? `: ${error.message}` : ", as what it says cannot be read";
    return { problem: `it cannot be asked${why}` };
  } finally {
    if (directory !== null) await rm(directory, { recursive: true, force: true });
  }
}

function run(shell: "sh" | "bash", cwd: string): Promise<string | { readonly problem: string } | null> {
  return new Promise((resolve) => {
    const args = [
      "--norc",
      "--format=json1",
      "--severity=warning",
      `--shell=${shell}`,
      `--exclude=${NOT_OURS.join(",")}`,
      "scripts",
    ];
    const child = spawn("shellcheck", args, { cwd, stdio: ["ignore", "pipe", "ignore"] });
    // Not by `timeout` of spawn: where there is no such program, that keeps our process alive until it is over.
    const timer = setTimeout(() => child.kill("SIGKILL"), LIMIT * 1000);
    let printed = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      printed += chunk;
    });
    child.on("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      resolve(error.code === "ENOENT" ? null : { problem: `it cannot be started: ${error.message}` });
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (signal !== null) resolve({ problem: `it did not end within ${LIMIT} s` });
      else if (code === 0 || code === 1) resolve(printed);
      else resolve({ problem: `it ended with exit code ${code}` });
    });
  });
}
