import { spawn } from "node:child_process";
import { describe, expect, it, vi } from "vitest";
import { alert, frame, prelude } from "../../../src/script/session.ts";
import { eventually, processesWith, uniqueSleep } from "../../kit/processes.ts";

vi.setConfig({ testTimeout: 60_000 });

const shells = ["dash", "bash --norc", "busybox sh"];

/** Whether any process has `text` in its command line. */
const running = (text: string): boolean => processesWith(text).length > 0;

describe.each(shells)("a session that nobody can reach any more, in %s", (command) => {
  const [shell = "", ...args] = command.split(" ");

  it("ends all its processes when its lifetime is over", async () => {
    const child = spawn(shell, args, { detached: true, stdio: ["pipe", "ignore", "ignore"] });
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    const sleep = uniqueSleep();
    child.stdin.write(
      prelude("look", "mark") +
        alert(2) +
        frame({ purpose: "look", shell: "sh", pipefail: false }, [
          { text: `trap '' TERM; ${sleep} >/dev/null 2>&1`, mark: "mark" },
        ]),
    );
    expect(await eventually(() => running(sleep))).toBe(true);
    await ended;
    expect(await eventually(() => !running(sleep))).toBe(true);
  });

  it("ends what is left when its shell was killed", async () => {
    const child = spawn(shell, args, { detached: true, stdio: ["pipe", "ignore", "ignore"] });
    const sleep = uniqueSleep();
    child.stdin.on("error", () => undefined);
    child.stdin.write(
      prelude("look", "mark") +
        alert(3) +
        frame({ purpose: "look", shell: "sh", pipefail: false }, [{ text: `${sleep} >/dev/null 2>&1`, mark: "mark" }]),
    );
    expect(await eventually(() => running(sleep))).toBe(true);
    child.kill("SIGKILL");
    expect(await eventually(() => !running(sleep))).toBe(true);
  });

  it("outlives its channel when it writes", async () => {
    const child = spawn(shell, args, { detached: true, stdio: ["pipe", "pipe", "pipe"] });
    const sleep = uniqueSleep();
    child.stdin.write(
      prelude("write", "mark") +
        frame({ purpose: "write", shell: "sh", pipefail: false }, [{ text: `echo a; ${sleep}`, mark: "mark" }]),
    );
    expect(await eventually(() => running(sleep))).toBe(true);
    child.stdin.destroy();
    child.stdout.destroy();
    child.stderr.destroy();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(running(sleep)).toBe(true);
    process.kill(-(child.pid ?? 0), "SIGKILL");
  });
});
