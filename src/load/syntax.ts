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

/** Lets a shell of this machine read a script without running it (`sh -n`). */
export function checkSyntax(script: string, shell: "sh" | "bash"): Promise<SyntaxAnswer> {
  return new Promise((resolve, reject) => {
    const child = spawn(...READ[shell], {
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

/**
 * Whether all scripts are sound, by one start of the shell: each is read as the body of a function.
 * False says only that each must be asked about by itself (a script of comments is no body, for one).
 */
export async function allSound(scripts: readonly string[], shell: "sh" | "bash"): Promise<boolean> {
  const bodies = scripts.map((script, index) => `f${index}() {\n${script}\n}\n`);
  return (await checkSyntax(bodies.join(""), shell)) === undefined;
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
