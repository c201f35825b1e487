import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Connection, Ended, Script } from "../../src/run/ports.ts";
import { AWKWARD } from "../kit/awkward.ts";
import { processesWith, uniqueSleep } from "../kit/processes.ts";
import { script, told, type Way, WAYS } from "../kit/connections.ts";

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

type Told = ReturnType<typeof told>;

describe.each(WAYS)("a script that is sent along with another: %s", (_name, open) => {
  let way: Way;
  let host: Connection;
  let directory: string;
  beforeAll(async () => {
    way = await open();
    host = await way.connect();
    directory = await mkdtemp(join(tmpdir(), "runbook-sequel-"));
  });
  afterAll(async () => {
    await host[Symbol.asyncDispose]();
    await way[Symbol.asyncDispose]();
    await rm(directory, { recursive: true });
  });

  /** Both, and after them a third that must not notice. Undefined: the sequel was not begun. */
  async function both(
    first: Script,
    sequel: Script,
  ): Promise<{ readonly first: Told; readonly next: Told | undefined }> {
    const ended = await host.run(first, { sequel: { script: sequel } });
    const third = host.run(script("echo third; echo err >&2; exit 7"));
    const next = nextOf(ended);
    const answer = { first: told(ended), next: next === undefined ? undefined : told(await next) };
    expect(told(await third)).toEqual({ end: "exited 7", stdout: "third\n", stderr: "err\n" });
    return answer;
  }

  it("has its own streams and exit code", async () => {
    expect(await both(script("printf one; printf two >&2"), script("printf three; printf four >&2; exit 3"))).toEqual({
      first: { end: "exited 0", stdout: "one", stderr: "two" },
      next: { end: "exited 3", stdout: "three", stderr: "four" },
    });
  });

  it.each(AWKWARD)("is what it is by itself, before and after: %s", async (text, end, stdout) => {
    const after = await both(script("echo before; echo too >&2"), script(text));
    expect(after.first).toEqual({ end: "exited 0", stdout: "before\n", stderr: "too\n" });
    expect(after.next ?? { end, stdout }).toMatchObject({ end, stdout });
    const before = await both(script(text), script("echo after; echo too >&2; exit 5"));
    expect(before.first).toMatchObject({ end, stdout });
    // One that may spoil its session goes alone.
    const goes = end === "exited 0" && !/kill/.test(text);
    expect(before.next).toEqual(goes ? { end: "exited 5", stdout: "after\n", stderr: "too\n" } : undefined);
  });

  it.each(["exit 1", "false; true", "echo ((", "exit 75"])("is not begun after %j", async (text) => {
    const trace = join(directory, `after ${text}`);
    const answer = await both(script(text), script(`: > '${trace}'`));
    expect(answer.first.end).not.toBe("exited 0");
    expect({ next: answer.next, trace: existsSync(trace) }).toEqual({ next: undefined, trace: false });
  });

  it("comes after much output, byte for byte", async () => {
    const answer = await both(script("seq 1 20000; seq 1 9000 >&2"), script("seq 1 3"));
    expect(answer.first.stdout.endsWith("\n20000\n")).toBe(true);
    expect(answer.first.stderr.endsWith("\n9000\n")).toBe(true);
    expect(answer.next).toEqual({ end: "exited 0", stdout: "1\n2\n3\n", stderr: "" });
  });

  it("has its own time, and is ended when that is up; nothing of it is left", async () => {
    const sleep = uniqueSleep();
    const answer = await both(script("sleep 0.3; echo one"), script(`echo two; ${sleep}`, { timeout: 0.2 }));
    expect(answer).toMatchObject({
      first: { end: "exited 0", stdout: "one\n", stderr: "" },
      next: { end: "timed-out gone", stdout: "two\n" },
    });
    expect(processesWith(sleep)).toEqual([]);
  });

  it("is not begun where the time of the first is up", async () => {
    const trace = join(directory, "late");
    const answer = await both(script("sleep 60", { timeout: 0.2 }), script(`: > '${trace}'`));
    expect(answer).toMatchObject({ first: { end: "timed-out gone", stdout: "" }, next: undefined });
    expect(existsSync(trace)).toBe(false);
  });

  it("is ended where nobody wants it any more", async () => {
    const leaving = new AbortController();
    const sequel = { script: script("echo two; sleep 60") };
    const ended = await host.run(script("echo one"), { signal: leaving.signal, sequel });
    expect(told(ended)).toEqual({ end: "exited 0", stdout: "one\n", stderr: "" });
    leaving.abort();
    const next = nextOf(ended);
    expect(next === undefined ? next : (await next).kind).toBe("lost");
    expect(told(await host.run(script("echo on"))).stdout).toBe("on\n");
  });

  it("is heard as it comes, apart from the first", async () => {
    const heard = { first: "", next: "" };
    const ended = await host.run(script("echo one"), {
      listen: (_, text) => void (heard.first += text),
      sequel: { script: script("echo two"), listen: (_, text) => void (heard.next += text) },
    });
    await nextOf(ended);
    expect(heard).toEqual({ first: "one\n", next: "two\n" });
  });

  it("is lost with its connection", async () => {
    const other = await way.connect();
    const ended = await other.run(script("echo one"), { sequel: { script: script("sleep 60") } });
    await other[Symbol.asyncDispose]();
    const next = await nextOf(ended);
    if (next === undefined) throw new Error("it was not begun");
    // On this machine it is seen how it was ended.
    expect(told(next).end).toMatch(/^lost|^exited 137/);
  });

  it.each([
    ["another shell", { shell: "bash" }],
    ["one that writes", { late: "kill" }],
  ] as const)("does not go along where it needs %s", async (_what, over) => {
    expect(await both(script("echo one"), script("echo two", over))).toEqual({
      first: { end: "exited 0", stdout: "one\n", stderr: "" },
      next: undefined,
    });
  });
});

function nextOf(ended: Ended): Promise<Ended> | undefined {
  return ended.kind === "exited" ? ended.next : undefined;
}
