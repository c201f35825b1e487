import { dirname, resolve } from "node:path";
import { hostsToAsk, type ProgramAnswer } from "../language/inventory/program.ts";
import type { Fault } from "../model/fault.ts";
import { runProgram, type ProgramEnd } from "./program.ts";

/** Processes at once, where a program must be asked host by host. */
const AT_ONCE = 8;

/** What a program said, what it complained about, and why it could not be asked. */
export type AskedProgram = {
  readonly answer: ProgramAnswer | undefined;
  readonly faults: readonly Fault[];
  readonly warnings: readonly Fault[];
};

/** Asks a program for its inventory: `--list`, and `--host NAME` for each host where the list leaves out their variables. */
export async function askProgram(
  source: string,
  { cwd, seconds }: { cwd: string; seconds: number },
): Promise<AskedProgram> {
  const path = resolve(cwd, source);
  const ask = (args: readonly string[]): Promise<Said> => {
    const label = [source, ...args].join(" ");
    return runProgram(path, args, { cwd, seconds }).then((end) => said(end, label));
  };
  const list = await ask(["--list"]);
  if ("fault" in list) return { answer: undefined, faults: [list.fault], warnings: [] };
  const names = hostsToAsk(list.text);
  const hosts = new Map<string, string>();
  const warnings = [...list.warnings];
  for (let at = 0; at < names.length; at += AT_ONCE) {
    const some = names.slice(at, at + AT_ONCE);
    const answers = await Promise.all(some.map((name) => ask(["--host", name])));
    for (const [index, answer] of answers.entries()) {
      if ("fault" in answer) return { answer: undefined, faults: [answer.fault], warnings };
      hosts.set(some[index] ?? "", answer.text);
      warnings.push(...answer.warnings);
    }
  }
  return { answer: { list: list.text, hosts, file: source, directory: dirname(path) }, faults: [], warnings };
}

type Said = { readonly text: string; readonly warnings: readonly Fault[] } | { readonly fault: Fault };

function said(end: ProgramEnd, where: string): Said {
  const kind = "invalid-file";
  const lines = end.said
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const words = lines.slice(0, 3).join("; ") + (lines.length > 3 ? " …" : "");
  if ("problem" in end) {
    const message = `the inventory program failed: ${end.problem}`;
    return { fault: { kind, where, message, hint: words === "" ? "run it by hand to see why" : `it says: ${words}` } };
  }
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(end.stdout);
    const warnings: Fault[] = words === "" ? [] : [{ kind, where, message: `the inventory program says: ${words}` }];
    return { text, warnings };
  } catch {
    return { fault: { kind, where, message: "what the inventory program prints is not text in UTF-8" } };
  }
}
