import { spawn } from "node:child_process";
import { open } from "node:fs/promises";

/** What a program printed, or why there is no answer; `said` is the beginning of its stderr. */
export type ProgramEnd = { readonly said: string } & ({ readonly stdout: Buffer } | { readonly problem: string });

/** Bytes that a program may print where nobody says less, and of its stderr the ones that are kept. */
const MOST = { stdout: 50_000_000, stderr: 4000 };

/** Runs a program of this machine in `cwd` with our environment; `asks`: it may use the terminal to ask for something; `most`: bytes that it may print. */
export function runProgram(
  path: string,
  args: readonly string[],
  {
    cwd,
    seconds,
    asks = false,
    most = MOST.stdout,
  }: { readonly cwd: string; readonly seconds: number; readonly asks?: boolean; readonly most?: number },
): Promise<ProgramEnd> {
  return new Promise((resolve) => {
    const child = spawn(path, args, {
      cwd,
      stdio: [asks ? "inherit" : "ignore", "pipe", asks ? "inherit" : "pipe"],
    });
    const chunks: Buffer[] = [];
    let size = 0;
    let said = "";
    const end = (answer: { readonly stdout: Buffer } | { readonly problem: string }): void => {
      clearTimeout(timer);
      // Something that it has left in the background may hold the other ends.
      child.stdout?.destroy();
      child.stderr?.destroy();
      child.kill("SIGKILL");
      resolve({ said, ...answer });
    };
    const timer = setTimeout(() => end({ problem: `it has not ended within ${seconds} seconds` }), seconds * 1000);
    child.stdout?.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > most) end({ problem: `it prints more than ${most / 1e6} MB` });
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      if (said.length < MOST.stderr) said += text.slice(0, MOST.stderr - said.length);
    });
    child.on("error", (error) => end({ problem: `it cannot be started: ${error.message}` }));
    child.on("close", (code, signal) => {
      if (code === 0) end({ stdout: Buffer.concat(chunks) });
      else end({ problem: code === null ? `it was ended by ${signal}` : `it ended with exit code ${code}` });
    });
  });
}

/** Whether a file is a program by what it begins with; what may be executed and is none of these no system can start by itself. */
export async function beginsAsProgram(path: string): Promise<"script" | "binary" | undefined> {
  await using file = await open(path, "r");
  const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
  const head = buffer.subarray(0, bytesRead).toString("latin1");
  if (head.startsWith("#!")) return "script";
  return head === "\u007FELF" ? "binary" : undefined;
}
