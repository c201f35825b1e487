import { execFileSync } from "node:child_process";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { findRunbook, searchPathOf, shelvedRunbooks } from "../../../src/load/library.ts";
import { loadRunbook, openRunbook } from "../../../src/load/runbook.ts";
import type { LoadedRunbook } from "../../../src/model/runbook.ts";
import { told, withStep, withTop } from "../../kit/mistakes.ts";
import { workshop } from "../../kit/workshop.ts";

const SOUND = withTop();

const never = (end: string): string =>
  `this here-document is never closed: all that follows is its text, since no line is \`${end}\` alone → end it with a line that is \`${end}\` and nothing else`;

async function load(directory: string, path: string): Promise<LoadedRunbook> {
  const loaded = await loadRunbook(path, { cwd: directory, searchPath: [] });
  if (Array.isArray(loaded)) throw new Error(told(loaded).join("\n"));
  return loaded;
}

describe("a file that is no runbook has a clear message", () => {
  test.each([
    ["missing", "there is no such file"],
    ["directory", "this is a directory, and a file is expected"],
    ["fifo", "this is no regular file"],
    ["loop", "the file is a symbolic link that leads to itself"],
    ["large", "1:1 the file is too large: 10.5 MB, and at most 1 MB is read → is it the file that you meant?"],
    ["binary", "1:5 the file is binary: it holds NUL bytes → expected a text file"],
    ["utf16", "1:1 the file is in UTF-16 → save it in UTF-8: `iconv -f UTF-16 -t UTF-8` converts it"],
    [
      "latin1",
      "2:5 the file is not text in UTF-8 → save it in UTF-8: `iconv -f ISO-8859-1 -t UTF-8` converts it from Latin-1",
    ],
    [
      "broken",
      "1:4 the file is not text in UTF-8 → save it in UTF-8: `iconv -f ISO-8859-1 -t UTF-8` converts it from Latin-1",
    ],
    ["empty", "1:1 the file is empty → expected a YAML document"],
  ])("%s", async (name, message) => {
    await using shop = await workshop({
      large: "x".repeat(10_500_000),
      binary: new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 0, 0, 1]),
      utf16: Buffer.from("\uFEFFname: x\n", "utf16le"),
      latin1: Buffer.concat([Buffer.from("é: 1\r\n😀: "), new Uint8Array([0xe9, 0x0a])]),
      // A character of three bytes that ends with the file.
      broken: new Uint8Array([0x61, 0x3a, 0x20, 0xe2, 0x82]),
      empty: "",
    });
    await mkdir(join(shop.directory, "directory"));
    await symlink("loop", join(shop.directory, "loop"));
    execFileSync("mkfifo", [join(shop.directory, "fifo")]);
    const { faults } = await openRunbook(name, shop.directory);
    expect(faults[0]).toMatchObject({ kind: "invalid-file", where: expect.stringMatching(`^${name}`) });
    expect(told(faults)).toEqual([message]);
  });
});

function stepOf(shell: string): string {
  return `  - id: s-${shell}\n    shell: ${shell}\n    detect: { run: ':' }\n`;
}

describe("syntax errors are found by a real shell, at their place in the runbook", () => {
  test.each([
    ["in a block", withStep("detect:", "  run: |", "    if true", "    then echo x"), "8:9 a syntax error, says sh: "],
    ["in one line", withStep("detect: { run: 'echo $(x' }"), "5:21 a syntax error, says sh: "],
    ["of what only bash knows", withStep("detect: { run: 'a=(1 2)' }"), '5:21 a syntax error, says sh: "(" unexpected'],
    [
      "in bash",
      withStep("shell: bash", "detect:", "  run: |", "    echo", "    fi"),
      "9:9 a syntax error, says bash: ",
    ],
    [
      "beside other mistakes",
      withTop("hots: x").replace("':'", "'('"),
      "3:1 unknown key `hots` in the runbook → did you mean `hosts`?",
    ],
  ])("%s", async (_name, text, message) => {
    await using shop = await workshop({ "x.yml": text });
    const { faults } = await openRunbook("x.yml", shop.directory);
    // What a shell says of it differs from shell to shell; where it stands does not.
    expect(told(faults)[0]?.slice(0, message.length)).toBe(message);
    expect(faults).toHaveLength(text.includes("hots") ? 2 : 1);
  });

  test("in functions by each shell that reads them", async () => {
    const text = ["name: x", "title: X", "functions: lib.sh", "steps:", ""].join("\n");
    await using shop = await workshop({ "x.yml": text + stepOf("bash"), "lib.sh": "f() { a=(1 2); }\n" });
    expect((await openRunbook("x.yml", shop.directory)).faults).toEqual([]);
    await shop.write("x.yml", text + stepOf("bash") + stepOf("sh"));
    expect(told((await openRunbook("x.yml", shop.directory)).faults)).toEqual([
      '1:1 a syntax error, says sh: "(" unexpected (expecting "}")',
    ]);
    await shop.write("lib.sh", "limit=12345\r\n");
    expect(told((await openRunbook("x.yml", shop.directory)).faults)).toEqual([
      "1:12 the file holds a carriage return, which shells stumble over → `sed -i 's/\\r$//' FILE` removes those of Windows",
    ]);
  });

  test("not of patterns that a script lets bash learn", async () => {
    const text = withStep(
      "shell: bash",
      "detect:",
      "  run: |",
      "    shopt -s extglob",
      "    for f in /x/*.@(a|b); do echo $f; done",
    );
    await using shop = await workshop({ "x.yml": text });
    expect((await openRunbook("x.yml", shop.directory)).faults).toEqual([]);
  });

  test("what only bash knows is right in bash", async () => {
    await using shop = await workshop({ "x.yml": withStep("shell: bash", "detect: { run: 'a=(1 2); echo ${a[0]}' }") });
    expect((await openRunbook("x.yml", shop.directory)).faults).toEqual([]);
  });

  test("a here-document that nothing ends, which shells let pass", async () => {
    const text = withStep("detect:", "  run: |", "    printf x", "    cat <<-'X Y'", "    X Y Z");
    await using shop = await workshop({ "x.yml": text, "y.yml": withTop("functions: lib.sh"), "lib.sh": "cat <<X" });
    expect(told((await openRunbook("x.yml", shop.directory)).faults)).toEqual([`8:13 ${never("X Y")}`]);
    expect(told((await openRunbook("y.yml", shop.directory)).faults)).toContain(`1:5 ${never("X")}`);
    await shop.write("x.yml", text.replace("X Y Z", "X Y"));
    expect((await openRunbook("x.yml", shop.directory)).faults).toEqual([]);
  });

  test("in the file of functions", async () => {
    await using shop = await workshop({ "d/x.yml": withTop("functions: lib.sh"), "d/lib.sh": "f() {\n  if\n}\n" });
    const { faults } = await openRunbook("d/x.yml", shop.directory);
    expect(faults).toEqual([
      {
        kind: "invalid-file",
        message: 'a syntax error, says sh: "}" unexpected',
        where: "d/lib.sh:3:1",
        excerpt: "3 | }\n  | ^",
      },
    ]);
  });
});

describe("files beside a runbook", () => {
  test("are read from its own directory", async () => {
    await using shop = await workshop({
      "books/x.yml": withTop("files: [conf/a.conf, b]", "functions: lib.sh"),
      "books/conf/a.conf": "one",
      "books/b": new Uint8Array([0, 255]),
      "books/lib.sh": "limit=5\n",
    });
    const loaded = await load(shop.directory, "books/x.yml");
    expect(loaded.functions).toBe("limit=5\n");
    expect([...loaded.files].map(([name, bytes]) => [name, ...bytes])).toEqual([
      ["a.conf", 0x6f, 0x6e, 0x65],
      ["b", 0, 255],
    ]);
    expect(loaded.path).toBe("books/x.yml");
  });

  test("may be several with functions, which come in their order and have their own lines", async () => {
    await using shop = await workshop({
      "x.yml": withTop("functions: [a.sh, gone.sh, b.sh]"),
      "y.yml": withTop("functions: [a.sh, b.sh]").replace("name: x", "name: y"),
      "a.sh": "limit=5",
      "b.sh": "f() { echo $limit; }\nif\n",
    });
    expect(told((await openRunbook("x.yml", shop.directory)).faults)).toEqual([
      '2:1 a syntax error, says sh: end of file unexpected (expecting "then")',
      "3:19 `gone.sh`: there is no such file → paths are relative to the runbook's own directory",
    ]);
    await shop.write("b.sh", "f() { echo $limit; }\n");
    expect((await load(shop.directory, "y.yml")).functions).toBe("limit=5\nf() { echo $limit; }\n");
  });

  test("are read beside a key that is given twice, so that what they define is no further mistake", async () => {
    const text = withTop("functions: lib.sh").replace("run: ':'", "run: 'echo $limit'");
    await using shop = await workshop({
      "x.yml": text.replace("title: X", "title: X\ntitle: Y"),
      "lib.sh": "limit=5\n",
    });
    expect(told((await openRunbook("x.yml", shop.directory)).faults)).toEqual([
      expect.stringMatching(/^3:1 .*`title`/),
    ]);
  });

  test("that cannot be read are mistakes at the place that names them", async () => {
    await using shop = await workshop({ "x.yml": withTop("files: [gone, .]", "functions: gone.sh") });
    const beside = "→ paths are relative to the runbook's own directory";
    expect(told((await openRunbook("x.yml", shop.directory)).faults)).toEqual([
      `3:9 \`gone\`: there is no such file ${beside}`,
      `3:15 \`.\`: this is a directory, and a file is expected ${beside}`,
      `4:12 \`gone.sh\`: there is no such file ${beside}`,
    ]);
  });

  test("change the digest, and so does any byte of the runbook", async () => {
    const text = withTop("files: [a]", "functions: lib.sh");
    await using shop = await workshop({ "x.yml": text, a: "1", "lib.sh": ":\n" });
    const first = (await load(shop.directory, "x.yml")).digest;
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect((await load(shop.directory, "x.yml")).digest).toBe(first);
    const digests = new Set([first]);
    for (const [path, content] of [
      ["a", "2"],
      ["lib.sh", ": \n"],
      ["x.yml", `${text}# more\n`],
    ] as const) {
      await shop.write(path, content);
      digests.add((await load(shop.directory, "x.yml")).digest);
    }
    expect(digests.size).toBe(4);
  });
});

test("a runbook whose file has another name is warned of", async () => {
  await using shop = await workshop({ "other.yml": SOUND });
  const { loaded, warnings } = await openRunbook("other.yml", shop.directory);
  expect(loaded?.runbook.name).toBe("x");
  expect(told(warnings)).toEqual(["1:7 the runbook is called `x` and its file `other.yml` → give both the same name"]);
});

describe("the library", () => {
  test("is looked through in order, and a name is a file's without its ending", async () => {
    await using shop = await workshop({
      "runbooks/x.yml": SOUND,
      "team/y.yaml": SOUND,
      "shipped/z.yml": SOUND,
      "runbooks/note.txt": "",
    });
    const searchPath = searchPathOf(shop.directory, "team:/nowhere", join(shop.directory, "shipped"));
    const lookup = { cwd: shop.directory, searchPath };
    expect(await shelvedRunbooks(lookup)).toEqual([
      { name: "x", path: "runbooks/x.yml" },
      { name: "y", path: "team/y.yaml" },
      { name: "z", path: "shipped/z.yml" },
    ]);
    expect(await findRunbook("y", lookup)).toEqual({ path: "team/y.yaml" });
  });

  test("a name that means two different files is refused with both", async () => {
    await using shop = await workshop({ "runbooks/x.yml": SOUND, "shipped/x.yml": SOUND });
    const lookup = {
      cwd: shop.directory,
      searchPath: searchPathOf(shop.directory, undefined, join(shop.directory, "shipped")),
    };
    expect(await findRunbook("x", lookup)).toEqual({
      kind: "usage",
      message: "`x` means two different files: runbooks/x.yml and shipped/x.yml",
      hint: "give the path of the one that is meant",
    });
  });

  test("one file that is found in two ways is one", async () => {
    await using shop = await workshop({ "runbooks/x.yml": SOUND });
    await symlink("runbooks", join(shop.directory, "shipped"));
    const lookup = {
      cwd: shop.directory,
      searchPath: searchPathOf(shop.directory, "runbooks", join(shop.directory, "shipped")),
    };
    expect(await findRunbook("x", lookup)).toEqual({ path: "runbooks/x.yml" });
  });

  test("an unknown name is told with what was meant, and where was looked", async () => {
    await using shop = await workshop({ "runbooks/disk-full.yml": SOUND });
    const lookup = { cwd: shop.directory, searchPath: searchPathOf(shop.directory, undefined, "/shipped") };
    expect(await findRunbook("disk-ful", lookup)).toEqual({
      kind: "usage",
      message: "there is no runbook `disk-ful` in runbooks, /shipped",
      hint: "did you mean `disk-full`?",
    });
    expect(await findRunbook("banana", lookup)).toMatchObject({
      hint: "`runbook list` shows all; a path must hold a / or end in .yml",
    });
  });

  test("what holds a slash or ends in .yml is a path", async () => {
    const lookup = { cwd: "/w", searchPath: [] };
    expect(await findRunbook("./x", lookup)).toEqual({ path: "x" });
    expect(await findRunbook("x.yml", lookup)).toEqual({ path: "x.yml" });
    expect(await findRunbook("/elsewhere/x.yml", lookup)).toEqual({ path: "/elsewhere/x.yml" });
  });
});
