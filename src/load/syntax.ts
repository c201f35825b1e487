import { spawn } from "node:child_process";

/** A mistake that a shell found without running anything. The line counts from 1 within the script. */
export type SyntaxFault = { readonly line: number; readonly reason: string };

/** What a shell says about a script: undefined when it is sound, `absent` when this machine has no such shell. */
export type SyntaxAnswer = SyntaxFault | "absent" | undefined;

/** Seconds after which a shell that only reads is stuck. */
const LIMIT = 10;

/** Bash names lines only when it reads a file, and what a process gets from us as stdin is a socket, which cannot be opened as one. */
const READ: Readonly<Record<"sh" | "bash", [command: string, args: string[]]>> = {
  sh: ["sh", ["-n"]],
  // `--norc`: with a socket as stdin it would think that it was started over the network, and read ~/.bashrc.
  bash: ["bash", ["--norc", "-c", "cat | bash -n /dev/stdin"]],
};

const EXTGLOB = /\bshopt -[a-z]*s[a-z]* (?:\w+ )*extglob\b/;

/** Lets a shell of this machine read a script without running it (`sh -n`). */
export function checkSyntax(script: string, shell: "sh" | "bash"): Promise<SyntaxAnswer> {
  return new Promise((resolve, reject) => {
    const [command, args] = READ[shell];
    // bash reads a script line by line, and by the second it may know more patterns than `-n` lets it learn.
    const known = EXTGLOB.test(script) ? args.map((each) => each.replace("bash -n", "bash -O extglob -n")) : args;
    const child = spawn(command, known, {
      stdio: ["pipe", "ignore", "pipe"],
      timeout: LIMIT * 1000,
      env: environment(),
    });
    let complaint = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      complaint += text;
    });
    child.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") resolve("absent");
      else reject(error);
    });
    child.on("close", (code) => {
      resolve(code === 0 ? undefined : readComplaint(complaint, script));
    });
    // A shell that stops at the first mistake leaves the rest unread.
    child.stdin.on("error", () => undefined);
    child.stdin.end(script);
  });
}

/** Each script through a shell of its own, but all from one start: starting a process costs us more than it costs a shell. */
const each = (reader: string): string => `for script do ${reader} <<END || exit 1\n$script\nEND\ndone`;

const EACH: Readonly<Record<"sh" | "bash", string>> = {
  sh: each("sh -n"),
  bash: each("bash -n /dev/stdin"),
};

/** Characters that go into one argument, and into all of them: Linux takes 128 KiB and 2 MiB. */
const ROOM = { one: 30_000, all: 400_000 };

/** Whether all scripts are sound, at one go. False says only that each must be asked about by itself. */
export function allSound(scripts: readonly string[], shell: "sh" | "bash"): Promise<boolean> {
  const total = scripts.reduce((sum, script) => sum + script.length, 0);
  const fits = total <= ROOM.all && scripts.every((script) => script.length <= ROOM.one && !script.includes("\0"));
  if (!fits) return Promise.resolve(false);
  return new Promise((resolve) => {
    const child = spawn("sh", ["-c", EACH[shell], "sh", ...scripts], {
      stdio: "ignore",
      timeout: LIMIT * 1000,
      env: environment(),
    });
    child.on("error", () => resolve(false));
    child.on("close", (code) => resolve(code === 0));
  });
}

/** Nothing of the caller's shell start-up files, and messages that can be read below. */
function environment(): NodeJS.ProcessEnv {
  return { PATH: process.env["PATH"] ?? "/usr/bin:/bin", LC_ALL: "C" };
}

const COMPLAINT = /^[^:]*: (?:line )?(\d+): (?:syntax error:? ?)?(.*)$/im;

/** `sh: 3: Syntax error: "fi" unexpected`, `/dev/stdin: line 3: syntax error near …`. */
function readComplaint(complaint: string, script: string): SyntaxFault {
  const match = COMPLAINT.exec(complaint);
  if (match === null) return { line: 1, reason: complaint.trim().replace(/^[^:]*: /, "") || "the shell refuses it" };
  // What is open at the end is reported one line after it.
  const lines = script.replace(/\n+$/, "").split("\n").length;
  return { line: Math.min(Number(match[1]), lines), reason: (match[2] ?? "").trim() };
}
