import { mkdir, readFile, readdir } from "node:fs/promises";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { localJob, verdictsOf } from "../kit/shelf.ts";

const run = ["run", "job", "-i", "hosts.yml"] as const;

/** Names that have broken scripts: each is a file that must be removed, and no other. */
const NAMES = [
  "with space",
  "two\nlines",
  "tab\there",
  "-rf",
  "$(touch pwned)",
  "`touch pwned`",
  'it\'s "quoted"',
  "back\\slash\\n",
  "\u001b[31mred\u001b]0;title\u0007",
  "\u202Egnp.exe",
  "*",
  "ends with newline\n",
  "-",
];
const BYTES = Buffer.from([0x62, 0x61, 0x64, 0xff, 0xfe, 0xc3, 0x28]);

const STEP = `  - id: sweep
    detect:
      run: cd "$dir/mess" && find . -type f -printf '%f\\t\\0'
      findings: { file: string }
      format: nul
    fix: { risk: low, run: 'cd "$dir/mess"; printf "%s\\\\0" "$file" >>../removed; rm -- "./$file"' }
    verify: { within: 1s, every: 200ms }
`;

test("odd file names reach the fix byte for byte, and are shown without harm", async () => {
  await using shop = await localJob(STEP);
  const mess = join(shop.directory, "a/mess");
  await mkdir(mess);
  for (const name of NAMES.slice(0, -1)) writeFileSync(join(mess, name), "");
  writeFileSync(Buffer.concat([Buffer.from(`${mess}/`), BYTES]), "");

  const dry = await shop.run(...run, "-n");
  expect(dry).toMatchObject({ exit: 2, err: "" });
  const { exit, out, err } = await shop.run(...run, "-y");
  expect({ exit, err }).toEqual({ exit: 0, err: "" });
  expect(await readdir(mess)).toEqual([]);
  const removed = (await readFile(join(shop.directory, "a/removed"), "latin1")).split("\0").slice(0, -1);
  const expected = [...NAMES.slice(0, -1).map((name) => Buffer.from(name)), BYTES].map((name) =>
    name.toString("latin1"),
  );
  expect(removed.toSorted()).toEqual(expected.toSorted());

  const events = (await shop.run("history", "show", "last", "--json")).out;
  const shown = [dry.out, out, events, (await shop.run("history", "show", "last", "--events")).out];
  for (const text of shown)
    expect(text).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/);
});

test("JSON findings: texts with everything in them, numbers, and what is missing", async () => {
  const steps = `  - id: json
    detect:
      run: cat "$dir/facts.json"
      findings: { name: string, size: bytes, ok: boolean }
      format: json
      key: [name]
    fix:
      risk: low
      run: 'printf "%s|%s|%s\\n" "$name" "$size" "$ok" >>"$dir/seen"; echo >"$dir/facts.json"'
      per: finding
    verify: { within: 1s, every: 200ms }
`;
  const facts = JSON.stringify([{ name: 'a\'; rm -rf "$x"\n', size: 10, ok: true, more: "ignored?" }]);
  await using shop = await localJob(steps, {
    files: { "a/facts.json": `${JSON.stringify({ name: "x\t$(id)", size: 5, ok: false })}\n` },
  });
  const first = await shop.run(...run, "-y", "--json");
  expect(verdictsOf(first.out)).toEqual({ "a json": "fixed" });
  expect(await readFile(join(shop.directory, "a/seen"), "utf8")).toBe("x\t$(id)|5|false\n");
  await shop.write("a/facts.json", facts);
  expect(verdictsOf((await shop.run(...run, "--json", "-n")).out)["a json"]).toMatch(/^(found|unknown)/);
  await shop.write("a/facts.json", '{"name": "zero\\u0000byte", "size": 1, "ok": true}');
  const zero = await shop.run(...run, "--json", "-y");
  expect({ exit: zero.exit, verdict: verdictsOf(zero.out)["a json"] }).toEqual({
    exit: 4,
    verdict: expect.stringMatching(/^unknown: .*NUL/),
  });
});

test("per host: one fix gets every line, with TAB and newline in a value still told apart", async () => {
  const steps = `  - id: all
    detect:
      run: '[ -e "$dir/seen" ] || printf "one\\t1\\t\\0two\\nlines\\t-\\t\\0"'
      findings: { name: string, amount: integer }
      format: nul
    fix:
      risk: low
      per: host
      run: printf '%s\\n' "$findings" >"$dir/seen"
    verify: { within: 1s, every: 200ms }
`;
  await using shop = await localJob(steps);
  const { exit, out } = await shop.run(...run, "-y", "--json");
  expect({ exit, verdicts: verdictsOf(out) }).toEqual({ exit: 0, verdicts: { "a all": "fixed" } });
  expect(await readFile(join(shop.directory, "a/seen"), "utf8")).toBe("one\t1\ntwo\\nlines\t-\n");
});

test("1,000 findings are found and fixed; 1,001, and what prints without end, are unknown", async () => {
  const steps = `  - id: many
    detect: { run: '[ -e "$dir/seen" ] || seq 1000', findings: { n: integer } }
    fix: { risk: low, per: host, run: 'printf "%s\\n" "$findings" >"$dir/seen"' }
    verify: { within: 2s, every: 200ms }
  - id: more
    detect: { run: seq 1001 }
  - id: endless
    detect: { run: "yes", timeout: 20s }
  - id: long
    detect: { run: "head -c 100000000 /dev/zero | tr '\\\\0' x", timeout: 20s }
`;
  await using shop = await localJob(steps, { top: "inputs: { dir: { type: string } }\n" });
  const { exit, out } = await shop.run(...run, "-y", "--json");
  expect(exit).toBe(4);
  expect(verdictsOf(out)).toEqual({
    "a many": "fixed",
    "a more": "unknown: detect printed 1001 findings; at most 1000 count",
    "a endless": "unknown: detect printed without end and was ended",
    "a long": "unknown: detect printed without end and was ended",
  });
  expect((await readFile(join(shop.directory, "a/seen"), "utf8")).split("\n")).toHaveLength(1001);
});
