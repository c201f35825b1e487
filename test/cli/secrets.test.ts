import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { localJob, verdictsOf } from "../kit/shelf.ts";

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
