import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** A file system whose server has stopped answering: whoever asks it for a file waits in the kernel, and no signal ends that. */
export type HungMount = AsyncDisposable & {
  /** Its server goes: everybody who waits gets an error at last. */
  release(): Promise<void>;
};

/**
 * A FUSE server in a process of its own: it greets, says that the root is a directory, and never answers to anything else. When it
 * ends, the kernel gives the file system up, so that nothing is left waiting.
 */
const SERVER = `
const { openSync, readSync, writeSync } = require("node:fs");
const { spawnSync } = require("node:child_process");
const [pid, at] = process.argv.slice(1);
const fuse = openSync("/dev/fuse", "r+");
const options = "fd=3,rootmode=40000,user_id=0,group_id=0,allow_other";
const mount = ["-t", pid, "-m", "--", "mount", "-i", "-t", "fuse", "-o", options, "hung", at];
const made = spawnSync("nsenter", mount, { stdio: ["ignore", "inherit", "inherit", fuse] });
if (made.status !== 0) process.exit(1);
process.stdout.write("mounted\\n");
const INIT = 26, GETATTR = 3;
const buffer = Buffer.alloc(1 << 17);
const answer = (unique, body) => {
  const head = Buffer.alloc(16);
  head.writeUInt32LE(16 + body.length, 0);
  head.writeBigUInt64LE(unique, 8);
  writeSync(fuse, Buffer.concat([head, body]));
};
for (;;) {
  readSync(fuse, buffer);
  const unique = buffer.readBigUInt64LE(8);
  switch (buffer.readUInt32LE(4)) {
    case INIT: {
      const body = Buffer.alloc(64);
      body.writeUInt32LE(7, 0);
      body.writeUInt32LE(31, 4);
      body.writeUInt32LE(4096, 20);
      answer(unique, body);
      break;
    }
    case GETATTR: {
      const body = Buffer.alloc(104);
      body.writeBigUInt64LE(3600n, 0);
      body.writeBigUInt64LE(1n, 16);
      body.writeUInt32LE(0o40755, 76);
      body.writeUInt32LE(2, 80);
      answer(unique, body);
      break;
    }
  }
}`;

/** Mounts one at a directory that is there, in the namespaces of a process. Needs root and /dev/fuse. */
export async function hungMount(pid: number, at: string): Promise<HungMount> {
  const server = spawn(process.execPath, ["-e", SERVER, String(pid), at], { stdio: ["ignore", "pipe", "inherit"] });
  const first = await Promise.race([once(server.stdout, "data"), once(server, "exit")]);
  if (!String(first[0]).startsWith("mounted")) throw new Error("no FUSE file system can be mounted here");
  const release = (): Promise<void> => ended(server);
  return { release, [Symbol.asyncDispose]: release };
}

async function ended(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const gone = once(server, "exit");
  server.kill("SIGKILL");
  await gone;
}
