import { randomBytes } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { encode } from "../../src/script/bytes.ts";
import type { Connection } from "../../src/run/ports.ts";
import { AWKWARD } from "../kit/awkward.ts";
import { script, told, type Way, WAYS } from "../kit/connections.ts";

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

setFlagsFromString("--expose-gc");
const collect: unknown = runInNewContext("gc");

/** Bytes of buffers that something still needs; what nobody needs is swept up beside us, a while after it was collected. */
function held(): number {
  if (typeof collect === "function") collect();
  return process.memoryUsage().arrayBuffers;
}

/** Bytes that are kept of what a script prints. */
const KEPT = 256 * 1024;

describe.each(WAYS)("what a script does stays its own affair: %s", (_name, open) => {
  let way: Way;
  let host: Connection;
  beforeAll(async () => {
    way = await open();
    host = await way.connect();
  });
  afterAll(async () => {
    await host[Symbol.asyncDispose]();
    await way[Symbol.asyncDispose]();
  });

  /** Runs a script, and after it another one that must not notice. */
  async function run(text: string, over = {}): Promise<ReturnType<typeof told>> {
    const first = told(await host.run(script(text, over)));
    const next = told(await host.run(script("echo out; echo err >&2; exit 7")));
    expect(next).toEqual({ end: "exited 7", stdout: "out\n", stderr: "err\n" });
    return first;
  }

  it("loses nothing that is printed after a script that made stdout non-blocking, unseen", async () => {
    const unseen = "p=pyth; ${p}on3 -c 'import os; os.set_blocking(1, False)'; echo done";
    const much = "awk 'BEGIN { for (i = 0; i < 20000; i++) print \"a line of ten\" }' | cat";
    for (let again = 0; again < 3; again += 1) {
      expect(told(await host.run(script(unseen)))).toMatchObject({ end: "exited 0", stdout: "done\n" });
      const ended = await host.run(script(much));
      if (ended.kind !== "exited") throw new Error(told(ended).end);
      const { head, tail, omitted } = ended.stdout;
      expect([ended.code, head.length + tail.length + omitted, ended.stderr.head]).toEqual([0, 280_000, ""]);
    }
  });

  it("tells the host's identity", () => {
    expect(host.identity.bootId).toMatch(/^[\da-f-]{36}$/);
    expect(host.alive).toBe(true);
  });

  it("keeps streams and exit code apart, with and without a last newline", async () => {
    expect(await run("echo one; printf two; printf three >&2; exit 3")).toEqual({
      end: "exited 3",
      stdout: "one\ntwo",
      stderr: "three",
    });
  });

  it("gives a script that reads stdin nothing, and the next script its own", async () => {
    expect(await run("cat; read -r line || echo end")).toMatchObject({ end: "exited 0", stdout: "end\n" });
  });

  it.each(AWKWARD)("survives %s", async (text, end, stdout) => {
    expect(await run(text)).toMatchObject({ end, stdout });
  });

  it.each(["leave", "kill"] as const)("takes the death of a fix (%s) by its own hand for what it is", async (late) => {
    expect(await run("echo a; false || kill $$; echo b", { late })).toMatchObject({ end: "exited 143", stdout: "a\n" });
  });

  it("ends one that stops its own shell, when its time is up", async () => {
    expect(await run("echo a; kill -STOP $$; echo b", { timeout: 0.5 })).toMatchObject({
      end: "timed-out gone",
      stdout: "a\n",
    });
  });

  it.each(["kill -9 $PPID; sleep 0.2; false", "kill -9 0; sleep 0.2"])(
    "never takes the word of one that says %s for success",
    async (text) => {
      await using other = await way.connect();
      expect(told(await other.run(script(text))).end).toMatch(/^lost|^exited (?!0)/);
    },
  );

  it.each([
    "echo ((",
    "if true; then",
    "echo 'open",
    "}",
    "cat <<X\nnever ended",
    "done; exit 0",
    "echo $$ ((",
    'echo "$$',
  ])("does not run past the syntax error in %j", async (text) => {
    const ended = await host.run(script(`${text}\n`));
    expect(ended.kind).toBe("exited");
    expect(told(await host.run(script("echo next")))).toMatchObject({ end: "exited 0", stdout: "next\n" });
  });

  it("stops at an unset variable, saying so", async () => {
    const ended = await run('echo "$nowhere"; echo not reached');
    expect(ended).toMatchObject({ stdout: "" });
    expect(ended.end).not.toBe("exited 0");
    expect(ended.stderr).toContain("nowhere");
  });

  it("does not tell a killed script's text on stderr", async () => {
    const ended = await run("password=hunter2; sh -c 'kill -KILL $PPID'");
    expect(ended.end).toBe("exited 137");
    expect(ended.stderr).not.toContain("hunter2");
  });

  it("keeps what one script leaves behind out of the next one's output", async () => {
    expect(await run("(sleep 0.3; echo stray; echo stray >&2) & echo gone ahead")).toMatchObject({
      end: "exited 0",
      stdout: "gone ahead\n",
    });
    expect(await run("eval 'while :; do echo spam; done &'; echo loud")).toMatchObject({ end: "exited 0" });
  });

  it("takes a thousand lines of script and odd bytes through unchanged", async () => {
    const bytes = Buffer.from(Array.from({ length: 255 }, (_, index) => index + 1));
    const odd = Buffer.concat([bytes, Buffer.from(randomBytes(300).filter((byte) => byte !== 0)), Buffer.from("é€😀")]);
    const { decode } = await import("../../src/script/bytes.ts");
    const { quote } = await import("../../src/script/quote.ts");
    const lines = Array.from({ length: 1000 }, (_, index) => `v${index}=${index}`).join("\n");
    const ended = await run(`${lines}\nprintf %s ${quote(decode(odd))}; echo "$v999" >&2`);
    expect(Buffer.from(encode(ended.stdout))).toEqual(odd);
    expect(ended.stderr).toBe("999\n");
  });

  it("carries all 256 bytes of a script's output, NUL too", async () => {
    const ended = await run('i=0; while [ $i -lt 256 ]; do printf "\\\\$(printf %03o $i)"; i=$((i + 1)); done');
    expect([...encode(ended.stdout)]).toEqual(Array.from({ length: 256 }, (_, index) => index));
  });

  it("runs bash where bash is asked for", async () => {
    const ended = await run('a=(1 2); echo "${#a[@]}"; false | true', { shell: "bash" });
    expect(ended).toMatchObject({ end: "exited 1", stdout: "2\n" });
  });

  it("keeps head and tail of much output and counts the rest", async () => {
    const ended = await host.run(script("seq 1 1000000; seq 1 200000 >&2"));
    if (ended.kind !== "exited") throw new Error(ended.kind);
    expect(ended.stdout.head.startsWith("1\n2\n3\n")).toBe(true);
    expect(ended.stdout.tail.endsWith("\n999999\n1000000\n")).toBe(true);
    expect(ended.stdout.head.length + ended.stdout.tail.length).toBe(KEPT);
    expect(ended.stdout.omitted).toBe(6_888_896 - KEPT);
    expect(ended.stderr.tail.endsWith("200000\n")).toBe(true);
  });

  it("ends a read-only script that floods, and reads 100 MB of one that writes in little memory", async () => {
    expect(told(await host.run(script("yes"))).end).toBe("flooded gone");
    const before = held();
    const ended = await host.run(script("head -c 100000000 /dev/zero; echo end", { late: "leave" }));
    if (ended.kind !== "exited") throw new Error(ended.kind);
    expect(ended.stdout.omitted).toBe(100_000_004 - KEPT);
    expect(ended.stdout.tail.endsWith("end\n")).toBe(true);
    await vi.waitFor(() => expect(held() - before).toBeLessThan(10_000_000), { timeout: 20_000, interval: 200 });
  });

  it("runs scripts one after the other, in the order they were given", async () => {
    const ends = await Promise.all(
      [1, 2, 3, 4, 5].map((each) => host.run(script(`sleep 0.0${5 - each}; echo ${each}`))),
    );
    expect(ends.map((ended) => told(ended).stdout)).toEqual(["1\n", "2\n", "3\n", "4\n", "5\n"]);
  });

  it("passes live output on as it comes", async () => {
    const heard = { stdout: "", stderr: "" };
    await host.run(script("echo one; echo two >&2; printf 3"), {
      listen: (stream, text) => {
        heard[stream] += text;
      },
    });
    expect(heard).toEqual({ stdout: "one\n3", stderr: "two\n" });
  });

  it("says once that no more is passed on live, where a script prints on and on", async () => {
    const heard: (string | null)[] = [];
    const noisy = "i=0; while [ $i -lt 9000 ]; do echo 0123456789; i=$((i + 1)); done";
    await host.run(script(noisy), { listen: (_, text) => heard.push(text) });
    expect(heard.indexOf(null)).toBe(heard.length - 1);
    expect(heard.join("")).toMatch(/^(?:0123456789\n){5000}/);
  });
});
