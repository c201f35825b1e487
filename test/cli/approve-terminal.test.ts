import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { keyBox } from "../kit/keys.ts";
import { localJob, sweep } from "../kit/shelf.ts";
import { Terminal } from "../kit/terminal.ts";
import { cardsOf, waitingJob } from "../kit/waiting.ts";
import type { Workshop } from "../kit/workshop.ts";

const MAIN = resolve(import.meta.dirname, "../../src/cli/main.ts");

/** The command on a real terminal, high enough for a whole card. */
function typing(shop: Workshop, ...argv: readonly string[]): Terminal {
  return new Terminal(process.execPath, [MAIN, ...argv], {
    columns: 100,
    rows: 60,
    cwd: shop.directory,
    env: { HOME: shop.directory, NO_COLOR: "1" },
  });
}

/** Waits until a question stands there that many times. */
async function seeAgain(terminal: Terminal, text: string, times = 2): Promise<void> {
  await terminal.until(
    (lines) => lines.filter((line) => line.includes(text)).length >= times,
    `${text} ${times} times`,
  );
}

/** What was decided, in the order of the record. */
async function decisionsOf(shop: Workshop): Promise<readonly string[]> {
  const { out } = await shop.run("history", "show", "last", "--json");
  const events = out
    .trimEnd()
    .split("\n")
    .map((line): Record<string, string> => JSON.parse(line));
  return events
    .filter(({ type }) => type === "approved" || type === "denied")
    .map(({ type, host, step, reason }) => `${type} ${step} on ${host}${reason === undefined ? "" : `: ${reason}`}`);
}

describe("on a terminal", { timeout: 120_000 }, () => {
  test("each card is shown and asked about; what was answered before somebody quits counts", async () => {
    await using shop = await waitingJob();
    const first = (await cardsOf(shop))[0];
    await using terminal = typing(shop, "approve", "last");
    await terminal.see("(1 of 3) Approve it? y yes, n no (deny), s skip, q quit:");
    await terminal.see(`card      ${first?.digest}`);
    terminal.press("what\r");
    await seeAgain(terminal, "(1 of 3) Approve it?");
    terminal.press("y\r");
    await terminal.see("(2 of 3) Has it been done? Type done;");
    terminal.press("y\r");
    await seeAgain(terminal, "(2 of 3) Has it been done?");
    terminal.press("done\r");
    await terminal.see("(3 of 3) Approve it?");
    terminal.press("n\r");
    await terminal.see("Why not?");
    terminal.press("\r");
    await seeAgain(terminal, "Why not?");
    terminal.press("not today\r");
    expect(await terminal.exit()).toBe(0);
    await terminal.see("a: sweep: approved, and on record");
    await terminal.see("b: sweep: denied, and on record");
    expect(await decisionsOf(shop)).toEqual([
      "approved sweep on a",
      "approved hand on a",
      "denied sweep on b: not today",
    ]);
  });

  test("who skips and quits decides nothing, and neither does who gives up", async () => {
    await using shop = await waitingJob();
    {
      await using terminal = typing(shop, "approve", "last");
      await terminal.see("(1 of 3)");
      terminal.press("s\r");
      await terminal.see("(2 of 3)");
      terminal.press("q\r");
      expect(await terminal.exit()).toBe(3);
      await terminal.see("Nothing was decided.");
    }
    {
      await using terminal = typing(shop, "deny", "last", "--reason", "no");
      await terminal.see("(1 of 3) Deny it? y yes, n no, q quit:");
      terminal.press("y\r");
      await terminal.see("(2 of 3)");
      terminal.press("\u0003");
      expect(await terminal.exit()).toBe(130);
      await terminal.see("Given up: nothing was decided.");
    }
    {
      await using terminal = typing(shop, "deny", "last");
      await terminal.see("(1 of 3)");
      terminal.press("\u0004");
      expect(await terminal.exit()).toBe(3);
    }
    expect(await decisionsOf(shop)).toEqual([]);
  });

  test("high risk takes a typed word: yes for one host, their number for many, and many can be taken one by one", async () => {
    const steps = sweep("sweep", "high").replace(`cd "$dir"; find . -name '*.bad' -type f | sort`, "echo x.bad");
    const top = "inputs: { dir: { type: string, default: / } }\n";
    await using shop = await localJob(steps, { top });
    await shop.write("hosts.yml", "all:\n  vars: { ansible_connection: local }\n  hosts: { web1: , web2: , web3: }\n");
    expect((await shop.run("run", "job", "-i", "hosts.yml")).exit).toBe(3);
    {
      await using terminal = typing(shop, "approve", "last");
      await terminal.see(
        "(1 of 1) HIGH risk. Approve these 3 hosts? Type 3; n no (deny), o one by one, s skip, q quit:",
      );
      for (const [at, wrong] of ["y", "yes", "2"].entries()) {
        terminal.press(`${wrong}\r`);
        await seeAgain(terminal, "Approve these 3 hosts?", at + 2);
      }
      terminal.press("o\r");
      await terminal.see("(1 of 3) HIGH risk. Approve it? Type yes;");
      terminal.press("y\r");
      await seeAgain(terminal, "(1 of 3) HIGH risk");
      // Typed ahead: it does not answer the card that nobody has seen yet.
      terminal.press("yes\ryes\r");
      await terminal.see("(2 of 3) HIGH risk");
      terminal.press("q\r");
      expect(await terminal.exit()).toBe(0);
    }
    expect(await decisionsOf(shop)).toEqual(["approved sweep on web1"]);
    await using terminal = typing(shop, "approve", "last", "--reason", "all alike");
    await terminal.see("Approve these 2 hosts? Type 2;");
    terminal.press("2\r");
    expect(await terminal.exit()).toBe(0);
    await terminal.see("web2, web3: sweep: approved, and on record");
    expect((await decisionsOf(shop)).slice(1)).toEqual([
      "approved sweep on web2: all alike",
      "approved sweep on web3: all alike",
    ]);
  });

  test("a locked key asks for its passphrase once, after the questions; the policy's wish to sign is told before them", async () => {
    using box = keyBox();
    const ada = box.make("ada", "open sesame");
    box.write("signers", `ada ${ada.line}`);
    const lines = [`allowed_signers: ${box.directory}/signers`, "rules:", "  - { approve: ask, signed: true }"];
    await using shop = await waitingJob(sweep(), ["--policy", box.write("policy.yml", ...lines)]);
    {
      await using terminal = typing(shop, "approve", "last");
      expect(await terminal.exit()).toBe(64);
      await terminal.see("2 cards of run");
    }
    await using terminal = typing(shop, "approve", "last", "--sign", ada.file);
    await terminal.see("(1 of 2)");
    terminal.press("y\r");
    await terminal.see("(2 of 2)");
    terminal.press("y\r");
    await terminal.see(/Enter passphrase/);
    terminal.press("open sesame\r");
    expect(await terminal.exit()).toBe(0);
    await terminal.see("a, b: sweep: approved, and on record");
    expect(terminal.raw).not.toContain("sesame");
    expect(terminal.raw.match(/Enter passphrase/g)).toHaveLength(1);
  });

  test("a file of requests is shown and asked about like a run; the answers go to another file", async () => {
    using box = keyBox();
    await using shop = await waitingJob(sweep());
    await shop.run("approvals", "last", "--export", "requests.json");
    const argv = ["--sign", box.make("ada").file, "--export", "decisions.json"];
    await using terminal = typing(shop, "approve", "requests.json", ...argv);
    await terminal.see("(1 of 2) Approve it?");
    await terminal.see(`card      ${(await cardsOf(shop))[0]?.digest}`);
    terminal.press("y\r");
    await terminal.see("(2 of 2)");
    terminal.press("n\r");
    await terminal.see("Why not?");
    terminal.press("not b\r");
    expect(await terminal.exit()).toBe(0);
    const { decisions } = JSON.parse(await readFile(join(shop.directory, "decisions.json"), "utf8"));
    expect(decisions).toMatchObject([
      { host: "a", verdict: "approve", signature: expect.stringContaining("BEGIN SSH SIGNATURE") },
      { host: "b", verdict: "deny", reason: "not b" },
    ]);
    expect(await decisionsOf(shop)).toEqual([]);
  });

  test("--resume goes on with the run, and exits as it does", async () => {
    await using shop = await waitingJob(sweep());
    await using terminal = typing(shop, "approve", "last", "--resume", "--no-tui");
    await terminal.see("(1 of 2)");
    terminal.press("y\r");
    await terminal.see("(2 of 2)");
    terminal.press("y\r");
    expect(await terminal.exit()).toBe(0);
    for (const host of ["a", "b"]) expect(existsSync(join(shop.directory, host, "x.bad"))).toBe(false);
  });
});
