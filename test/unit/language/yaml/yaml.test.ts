import { describe, expect, test } from "vitest";
import { parseYaml, readYaml, type Yaml } from "../../../../src/language/yaml/yaml.ts";
import { told } from "../../../kit/mistakes.ts";

function read(text: string, schema: "core" | "yaml11" = "core"): Yaml {
  const yaml = parseYaml(text, { file: "x.yml", schema });
  if (Array.isArray(yaml)) throw new Error(told(yaml).join("\n"));
  return yaml;
}

function wrong(text: string, schema: "core" | "yaml11" = "core"): string[] {
  const yaml = parseYaml(text, { file: "x.yml", schema });
  return Array.isArray(yaml) ? told(yaml) : [];
}

describe("what is no YAML is refused at its place", () => {
  const OPEN =
    "something that was opened before is still open here → close the `[`, the `{` or the quote that was opened before, perhaps on line 1";
  const MISFIT = "this line does not fit in with the lines before it → indent it as its neighbours are";
  test.each([
    [
      "a tab",
      "a:\n\tb: 1\n",
      "2:1 a tab is used for indentation, and YAML allows only spaces → replace it with spaces",
    ],
    ["an open bracket", "a: [1, 2\nb: 3\n", `2:1 ${OPEN}`],
    ["an open brace at the end", "a: {b: 1", `1:9 ${OPEN.replace(", perhaps on line 1", "")}`],
    ["an open quote", "a: 'x\nb: 2", `2:1 ${OPEN}`],
    [
      "an alias that is misspelt",
      "a: &lvm 1\nb: *lmv\n",
      "2:4 *lmv refers to an anchor that is not there → did you mean `lvm`?",
    ],
    [
      "what git could not join",
      "a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> other\n",
      "2:1 git could not join two versions of this file: here begins what differs → settle it, and remove the lines that begin with <<<<<<<, ======= and >>>>>>>",
    ],
    [
      "a second colon",
      "a: b: c\n",
      "1:5 a second colon: a text that holds `: ` must be in quotes → put all of the text in quotes",
    ],
    ["another indentation", "a: 1\n b: 2\n", `2:3 ${MISFIT}`],
    ["a block that ends too early", "run: |\n  foo\n bar\n", `3:2 ${MISFIT}`],
    [
      "a mapping after a list",
      "- a\nb: 1\n",
      "2:1 this does not belong to what stands before it → indent it as its neighbours are",
    ],
    [
      "a key without a blank after its colon",
      "name: x\n  \nhosts:all\n# x\ntitle: X\n",
      "3:1 no colon and blank ends a key here → write `key: value`; the lines of a script are indented further than its key",
    ],
    [
      "a text behind a bracket",
      'applies: [ -d "$x" ] || exit 1\n',
      "1:22 this stands behind what a quote or bracket has closed → a text with quotes or brackets of its own must be in quotes as a whole, or begin with `|` and a new line",
    ],
    [
      "quotes within quotes",
      'a: "it is "quoted" twice"\n',
      "1:12 this stands behind what a quote or bracket has closed → a text with quotes or brackets of its own must be in quotes as a whole, or begin with `|` and a new line",
    ],
    [
      "a text that begins with @",
      "a: @x",
      "1:4 a text cannot begin with this character unless it is in quotes → put it in quotes",
    ],
    [
      "a text that begins with %",
      "a: %x",
      "1:4 a text cannot begin with this character unless it is in quotes → put it in quotes",
    ],
    [
      "an unknown escape",
      'a: "\\q"',
      "1:6 \\ begins no known escape here → write \\\\ for a backslash, or use single quotes",
    ],
    ["a control character", "a\u0007b: 1", "1:2 there is a control character here → remove it"],
    ["an unknown tag", "a: !thing x", "1:4 this YAML tag is not known here → leave out the word that begins with !"],
    [
      "a vault",
      "a: !vault x",
      "1:4 a value encrypted by ansible-vault cannot be read → decrypt it, or leave it out and give it when asked",
    ],
    ["no key", ": 1", "1:1 there is no key before this colon"],
    ["an anchor that is not there", "a: *b", "1:4 *b refers to an anchor that is not there → define it before with &b"],
    ["a value in itself", "a: &b [*b]", "1:8 *b stands inside of what it refers to → a value cannot hold itself"],
    ["a list as a key", "? [a]\n: 1", "1:3 a key must be a text, and this is a list or a mapping"],
    [
      "two documents",
      "a: 1\n---\nb: 2\n",
      "2:1 a second document begins here, and one is expected → put each in a file of its own, or remove the line `---` between them",
    ],
    [
      "a second document that dots begin",
      "---\na: 1\n# x\n...\n\nb: 2\n",
      "6:1 a second document begins here, and one is expected → put each in a file of its own, or remove the line `...` between them",
    ],
    [
      "two lines of dashes",
      "---\n---\na: 1\n",
      "2:1 a second document begins here, and one is expected → put each in a file of its own, or remove the line `---` between them",
    ],
    [
      "an empty second document",
      "a: 1\n---\n",
      "2:1 a second document begins here, and one is expected → put each in a file of its own, or remove the line `---` between them",
    ],
    [
      "dots before the second of three",
      "a: 1\n...\nb: 2\n---\nc: 3\n",
      "3:1 a second document begins here, and one is expected → put each in a file of its own, or remove the line `...` between them",
    ],
    ["a lost alias as a key", "*b : 1\n", "1:1 *b refers to an anchor that is not there → define it before with &b"],
    [
      "dots, and then dashes",
      "a: 1\n...\n--- # x\nb: 2\n",
      "3:1 a second document begins here, and one is expected → put each in a file of its own, or remove the line `---` between them",
    ],
    ["nothing", "", "1:1 the file is empty → expected a YAML document"],
    ["only a comment", "# nothing\n\n", "1:1 the file is empty → expected a YAML document"],
    ["bytes", "a: \0b", "1:1 the file is binary: it holds NUL bytes → expected a text file in YAML"],
    [
      "a large file",
      `a: ${"x".repeat(1_000_001)}`,
      "1:1 the file is too large: 1.0 MB, and at most 1 MB is read → is it really a YAML file?",
    ],
  ])("%s", (_name, text, message) => {
    expect(wrong(text)).toEqual([message]);
  });

  test("an alias bomb, before it is written out", () => {
    const lines = Array.from({ length: 12 }, (_, level) => {
      const inner = level === 0 ? "1" : `*a${level - 1}`;
      return `a${level}: &a${level} [${Array.from({ length: 9 }, () => inner).join(",")}]`;
    });
    expect(wrong(lines.join("\n"))).toEqual([
      "5:10 aliases make this document larger than 10,000 values → write out what is needed instead of nesting aliases",
    ]);
  });

  test("a second document and lost aliases hide nothing of the first document, and are told once each", () => {
    const text = "a: *b\nc: 1\nc: {d: *b, e: &e [*e]}\n---\nf: *g\nf: 1\n";
    const { yaml, faults, lost, open } = readYaml(text, { file: "x.yml", schema: "core" });
    expect(told([...faults])).toEqual([
      "1:4 *b refers to an anchor that is not there → define it before with &b",
      "3:1 `c` is given twice → it is already given on line 2: remove one",
      "3:8 *b refers to an anchor that is not there → define it before with &b",
      "3:19 *e stands inside of what it refers to → a value cannot hold itself",
      "4:1 a second document begins here, and one is expected → put each in a file of its own, or remove the line `---` between them",
    ]);
    expect(lost).toEqual([["a"], ["c", "d"], ["c", "e", 0]]);
    expect(open).toEqual(["c", "e", 0]);
    expect(yaml?.value).toEqual({ a: null, c: { d: null, e: [null] } });
    expect(yaml?.fault(["a"], "expected a text, found nothing").message).toBe(
      "*b refers to an anchor that is not there",
    );
  });

  test("a lost alias in a list with more items than a call takes arguments", () => {
    const text = `a: [${"1,".repeat(300_000)}*b]\n`;
    expect(readYaml(text, { file: "x.yml", schema: "core" }).lost).toEqual([["a", 300_000]]);
  });

  test("every key that is given twice, in one go, at any depth", () => {
    expect(wrong("a: 1\nb: {c: 1, c: 2}\na: 2\nd:\n  - e: 1\n    e: 2\n")).toEqual([
      "2:11 `c` is given twice → it is already given on line 2: remove one",
      "3:1 `a` is given twice → it is already given on line 1: remove one",
      "6:5 `e` is given twice → it is already given on line 5: remove one",
    ]);
  });

  test("keys that are no texts, which differ between YAML 1.2 and what Ansible reads", () => {
    expect(wrong("1: a\nyes: b\n")).toEqual([
      '1:1 the key 1 is no text: YAML reads it as a number → write it in quotes: "1"',
    ]);
    expect(wrong("1: a\nyes: b\n", "yaml11")).toEqual([
      '1:1 the key 1 is no text: YAML reads it as a number → write it in quotes: "1"',
      '2:1 the key yes is no text: YAML reads it as a boolean → write it in quotes: "yes"',
    ]);
  });
});

describe("values", () => {
  test("are those of YAML 1.2 for runbooks, and of YAML 1.1 for inventories", () => {
    expect(read("a: yes\nb: 0777\nc: 0o17\nd: ~").value).toEqual({ a: "yes", b: 777, c: 15, d: null });
    expect(read("a: yes\nb: 0777", "yaml11").value).toEqual({ a: true, b: 511 });
  });

  test("merge keys and aliases are followed", () => {
    const yaml = read("base: &b {x: 1, y: 2}\nc: {<<: *b, y: 3}\nd: *b\n");
    expect(yaml.value).toEqual({ base: { x: 1, y: 2 }, c: { x: 1, y: 3 }, d: { x: 1, y: 2 } });
    expect(yaml.place(["c", "x"])).toEqual({ line: 1, column: 14, length: 1 });
    expect(yaml.place(["c", "y"])).toEqual({ line: 2, column: 16, length: 1 });
  });

  test("a key cannot reach the prototype", () => {
    const value = read("__proto__: {polluted: 1}").value as object;
    expect(Object.keys(value)).toEqual(["__proto__"]);
    expect("polluted" in value).toBe(false);
  });
});

describe("places", () => {
  const yaml = read(
    [
      "steps:",
      "  - run: |",
      "      first",
      "      if $x",
      "    quoted: 'it x'",
      "    flow: [1, {two: 2}]",
      "    nothing:",
      "  -",
      "  - id: b",
    ].join("\n"),
  );
  test.each([
    ["a key", yaml.place(["steps", 0, "quoted"], "key"), { line: 5, column: 5, length: 6 }],
    ["a quoted text, quotes included", yaml.place(["steps", 0, "quoted"]), { line: 5, column: 13, length: 6 }],
    ["a block begins with its first line", yaml.place(["steps", 0, "run"]), { line: 3, column: 7, length: 5 }],
    ["a flow list to its bracket", yaml.place(["steps", 0, "flow"]), { line: 6, column: 11, length: 13 }],
    ["something deep in it", yaml.place(["steps", 0, "flow", 1, "two"]), { line: 6, column: 21, length: 1 }],
    ["an empty item is its dash", yaml.place(["steps", 1]), { line: 8, column: 3, length: 1 }],
    ["a block mapping is its first key", yaml.place(["steps", 2]), { line: 9, column: 5, length: 2 }],
    ["what is not there is what would hold it", yaml.place(["steps", 2, "x", "y"]), { line: 9, column: 5, length: 2 }],
    ["within a block", yaml.within(["steps", 0, "run"], 9, 2), { line: 4, column: 10, length: 2 }],
    ["within a quoted text", yaml.within(["steps", 0, "quoted"], 3, 1), { line: 5, column: 17, length: 1 }],
  ])("%s", (_name, place, expected) => {
    expect(place).toEqual(expected);
  });

  test.each([
    ["plain", "a: one\n  two $x\n", { line: 2, column: 7, length: 2 }],
    ["literal", "a: |\n  one\n\n    two $x\n", { line: 4, column: 9, length: 2 }],
    ["literal, with its indentation said and kept", "a: |2-\n    one\n   $x\n", { line: 3, column: 4, length: 2 }],
    ["literal, with Windows' line breaks", "a: |\r\n  one\r\n\r\n  $x\r\n", { line: 4, column: 3, length: 2 }],
    ["literal, with those of old Macs", "a: |\r  one\r  $x\r", { line: 3, column: 3, length: 2 }],
    ["folded", "a: >\n  one\n\n  two $x\n", { line: 4, column: 7, length: 2 }],
    ["folded, on a line that keeps its indentation", "a: >\n  one\n    two $x\n", { line: 3, column: 9, length: 2 }],
    ["single quotes", "a: 'it''s\n\n  $x'\n", { line: 3, column: 3, length: 2 }],
    ["double quotes", 'a: "\\u00e9\\n\\"\\\n   \\ $x"\n', { line: 2, column: 6, length: 2 }],
    ["double quotes, with breaks that are written out", 'a: "b\\rc\\n$x"\n', { line: 1, column: 11, length: 2 }],
    ["an escape", 'a: "x\\u0024x"\n', { line: 1, column: 6, length: 7 }],
    ["Windows' line breaks", "a: >\r\n  one\r\n  $x\r\n", { line: 3, column: 3, length: 2 }],
  ])("within a text of several lines: %s", (_name, text, expected) => {
    const yaml = read(text);
    const { a } = yaml.value as { a: string };
    expect(yaml.within(["a"], a.indexOf("$x"), 2)).toEqual(expected);
  });

  test("line breaks of all systems count", () => {
    expect(read("a: 1\r\nb: 2\r\nc: 3").place(["c"])).toEqual({ line: 3, column: 4, length: 1 });
  });
});

const excerpt = (text: string, path: readonly string[]): string => read(text).fault(path, "no").excerpt ?? "";

describe("excerpts", () => {
  test("underline the place", () => {
    expect(excerpt("a: 1\nname: tapdisk # x\n", ["name"])).toBe("2 | name: tapdisk # x\n  |       ^^^^^^^");
  });

  test("stand under wide characters too", () => {
    expect(excerpt("日本: [x, 語]", ["日本"])).toBe("1 | 日本: [x, 語]\n  |       ^^^^^^^");
  });

  test("show no control characters", () => {
    expect(excerpt("a: x\u202Ey\tz", ["a"])).toBe("1 | a: x·y z\n  |    ^^^^^");
  });

  test("are cut around the place in long lines", () => {
    const [line = "", marks = ""] = excerpt(`a: [${"x, ".repeat(100)}here]`, ["a"]).split("\n");
    expect(line.length).toBeLessThan(120);
    expect(marks.length).toBeLessThan(120);
  });
});
