import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants, homedir, userInfo } from "node:os";
import type { Fault } from "../model/fault.ts";
import type { Connector } from "../run/ports.ts";
import { quote } from "../script/quote.ts";
import { type Pipe, type PipeEnd, taker } from "./pipe.ts";
import { connectionOver } from "./connection.ts";

/** Connects to this very machine: the same sessions as over SSH, in child processes with a session of their own. */
export function localConnector(): Connector {
  return {
    async connect(host) {
      const pipes = new Set<Pipe>();
      const answer = await connectionOver({
        async open(command, on) {
          const pipe = await start(on === "terminal" ? `exec script -qec ${quote(command)} /dev/null` : command);
          if ("kind" in pipe) return pipe;
          pipes.add(pipe);
          void pipe.ended.then(() => pipes.delete(pipe));
          return pipe;
        },
        user: userInfo().username,
        becomePassword: host.becomePassword,
        becomeMeans: host.becomeMeans,
        alive: () => true,
        async close() {
          for (const pipe of pipes) pipe.abandon();
        },
      });
      return "kind" in answer ? { ...answer, where: host.name } : answer;
    },
  };
}

/**
 * Node gives its children sockets, on which `>/dev/stderr` fails: pipes are put between, as sshd has them.
 * Descriptor 7 stays on the socket, so that it closes only when the last process has gone, `cat` or not.
 */
function piped(command: string): string {
  const relay = "{ trap '' TERM; exec cat; }";
  return `exec 7>&1; trap : TERM; { { ${command}; } 2>&1 >&5 5>&- | ${relay} >&2 5>&-; } 5>&1 | ${relay}`;
}

async function start(command: string): Promise<Pipe | Fault> {
  const cwd = existsSync(homedir()) ? homedir() : "/";
  const child = spawn("/bin/sh", ["-c", piped(command)], { cwd, detached: true, stdio: "pipe" });
  const { promise: ended, resolve } = Promise.withResolvers<PipeEnd>();
  child.on("close", (code, signal) => {
    resolve({ kind: "exited", code, signal: signal === null ? null : constants.signals[signal] });
  });
  const { give, receive } = taker();
  child.stdout.on("data", (chunk: Buffer) => give("stdout", chunk));
  child.stderr.on("data", (chunk: Buffer) => give("stderr", chunk));
  // What is written to a process that has just ended is lost, and its end says so.
  child.stdin.on("error", () => undefined);
  const fault = await new Promise<Error | undefined>((settle) => {
    child.once("spawn", () => settle(undefined));
    child.once("error", settle);
  });
  if (fault !== undefined) return { kind: "session", message: `no shell starts on this machine: ${fault.message}` };
  return {
    write: (data) => void child.stdin.write(data),
    end: () => void child.stdin.end(),
    abandon() {
      child.stdin.destroy();
      child.stdout.destroy();
      child.stderr.destroy();
      child.unref();
    },
    receive,
    ended,
  };
}
