import { readFile, readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { localJob, verdictsOf } from "../kit/shelf.ts";
import { Terminal } from "../kit/terminal.ts";

const SECRET = "hunter2 with 'quotes' & $(id)";
const TOP = "inputs: { dir: { type: string }, token: { type: string, secret: true } }\n";
const STEPS = `  - id: use
    detect: { run: '[ -e "$dir/done" ] || echo bad' }
    fix:
      risk: low
      preview: printf 'would send %s\\n' "$token"
      run: |
        printf '%s' "$token" >"$dir/done"
        echo "sent $token"; echo "and $token" >&2
  - id: leak
    detect: { run: 'echo "the token is $token"' }
  - id: fail
    detect: { run: echo bad }
    fix: { risk: low, run: 'echo "wrong token $token" >&2; exit 3' }
`;

test("a secret reaches the scripts and nothing else: not the log, the JSON, the history or the record's bytes", async () => {
  await using shop = await localJob(STEPS, { top: TOP });
  await shop.write("secret", `${SECRET}\n`);
  const run = ["run", "job", "-i", "hosts.yml"] as const;
  const dry = await shop.run(...run, "-n", "--input", "token=@secret");
  expect(dry.out).toContain("would send ••••••");
  const { exit, out, err } = await shop.runWith({ T: SECRET }, ...run, "-y", "--json", "--input", "token=env:T");
  expect(exit).toBe(1);
  expect(await readFile(join(shop.directory, "a/done"), "utf8")).toBe(SECRET);
  expect(verdictsOf(out)).toEqual({
    "a use": "fixed",
    "a leak": "unknown: detect printed the value of a secret input",
    "a fail": "failed: the fix exited 3: wrong token ••••••",
  });
  const shown = [dry.out, dry.err, out, err];
  for (const how of [[], ["--events"], ["--json"]]) shown.push((await shop.run("history", "show", "last", ...how)).out);
  const record = join(shop.directory, ".local/state/runbook");
  for (const name of await readdir(record)) shown.push(await readFile(join(record, name), "latin1"));
  for (const text of shown) {
    expect(text).not.toContain("hunter2");
    expect(text).not.toContain(SECRET);
  }
});

test("what is typed at the prompt is for the hosts that have no value, and replaces nobody's own", async () => {
  const step = `  - id: use\n    detect: { run: 'printf "%s" "$token" >"$dir/got"' }\n`;
  await using shop = await localJob(step, { top: TOP, hosts: ["a", "b"] });
  const vars = (host: string): string => `dir: ${shop.directory}/${host}`;
  const hosts = `a: { ${vars("a")}, token: of-a }, b: { ${vars("b")} }`;
  await shop.write("hosts.yml", `all: { vars: { ansible_connection: local }, hosts: { ${hosts} } }\n`);
  const bin = resolve(import.meta.dirname, "../../src/cli/main.ts");
  await using terminal = new Terminal(process.execPath, [bin, "run", "job", "-i", "hosts.yml", "--no-tui"], {
    columns: 100,
    rows: 30,
    cwd: shop.directory,
    env: { HOME: shop.directory },
  });
  await terminal.see("token:");
  terminal.press("typed\r");
  expect(await terminal.exit()).toBe(0);
  const got = (host: string): Promise<string> => readFile(join(shop.directory, host, "got"), "utf8");
  expect([await got("a"), await got("b")]).toEqual(["of-a", "typed"]);
});

test("a secret is not taken from an argument, nor waited for without a terminal", async () => {
  await using shop = await localJob(STEPS, { top: TOP });
  const run = ["run", "job", "-i", "hosts.yml"] as const;
  expect(await shop.run(...run, "--input", "token=hunter2")).toEqual({
    exit: 64,
    out: "",
    err:
      "--input token: a secret on the command line can be read by everybody\n" +
      "  → --input token=@file or --input token=env:VARIABLE, or leave it out and be asked\n",
  });
  const missing = await shop.run(...run);
  expect(missing).toMatchObject({ exit: 64, out: "" });
  expect(missing.err).toMatch(
    /^input token: a value is needed and none is given\n {2}→ --input token=@file or --input token=env:VARIABLE/,
  );
  expect(await shop.runWith({ T: SECRET }, ...run, "--input", "token=env:T", "--ask-pass")).toEqual({
    exit: 64,
    out: "",
    err: "SSH password: there is no terminal to ask on\n  → run it on a terminal\n",
  });
});
