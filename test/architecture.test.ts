import { describe, expect, test } from "vitest";
import { importsOf, sourceOf, sourcesIn, switchesOf, type Source } from "./kit/sources.ts";

const CORE = ["schedule", "view", "engine", "script", "language", "model"];
const ADAPTER = ["run", "notice", ...CORE];

/** Every room and the rooms it may import from, besides itself; `cli` may from all. A new directory must find its place here. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  model: [],
  language: ["model"],
  engine: ["model"],
  script: ["model"],
  view: ["engine", "model"],
  schedule: ["view", "engine", "script", "language", "model"],
  notice: ["schedule", "view", "engine", "language", "model"],
  run: CORE,
  connect: ADAPTER,
  sign: ADAPTER,
  journal: ADAPTER,
  load: ADAPTER,
  report: ADAPTER,
  notify: ADAPTER,
  lab: ADAPTER,
  trial: ADAPTER,
  tui: ADAPTER,
  daemon: ADAPTER,
};

/** Adapters: of `run` they know the ports alone, and nothing of each other. */
const ADAPTERS = new Set(["connect", "sign", "journal", "load", "report", "notify", "lab", "trial", "tui", "daemon"]);

/** Rooms that only compute, and what they may use beside the language itself. */
const PURE: Readonly<Record<string, readonly string[]>> = {
  model: ["zod"],
  language: ["zod", "js-yaml"],
  engine: ["node:crypto"],
  script: [],
  view: ["node:util"],
  schedule: ["zod", "croner", "node:crypto"],
  notice: ["zod", "node:crypto"],
};

const IMPURE =
  /\b(?:Date\.now|new Date\(\)|performance|setTimeout|setInterval|setImmediate|queueMicrotask|process|Math\.random|fetch|console|globalThis|crypto\.randomUUID)\b/;

const LONGEST = 300;

const sources = sourcesIn("src");

function misplaced(source: Source): string[] {
  const allowed = ROOMS[source.room];
  if (allowed === undefined) return source.room === "cli" ? [] : [`${source.path}: no such room`];
  return importsOf(source).flatMap((target) => {
    const [top, room = ""] = target.split("/");
    if (top !== "src" || room === source.room) return [];
    const portsOnly = ADAPTERS.has(source.room) && room === "run" && target !== "src/run/ports.ts";
    return allowed.includes(room) && !portsOnly ? [] : [`${source.path} imports ${target}`];
  });
}

function impure(source: Source): string[] {
  const allowed = PURE[source.room];
  if (allowed === undefined) return [];
  const packages = importsOf(source).filter((target) => !target.startsWith("src/") && !allowed.includes(target));
  const used = IMPURE.exec(source.code.replaceAll(/\.process\b/g, ""));
  return [
    ...packages.map((name) => `${source.path} imports ${name}`),
    ...(used === null ? [] : [`${source.path} uses ${used[0]}`]),
  ];
}

function illShaped(source: Source): string[] {
  const lines = source.text.split("\n").length - 1;
  return [
    ...(lines > LONGEST ? [`${source.path} has ${lines} lines`] : []),
    // Vitest wants one of its settings.
    ...(/^export default\b/m.test(source.code) && !source.path.endsWith("/vitest.config.ts")
      ? [`${source.path} has a default export`]
      : []),
    ...(/^export\s(?:type\s)?(?:\*|\{[^}]*\})[^;]*\bfrom\b/m.test(source.code)
      ? [`${source.path} passes exports on`]
      : []),
    ...(/^(?:declare\s|export\s|const\s)*enum\b/m.test(source.code) ? [`${source.path} has an enum`] : []),
    ...switchesOf(source).flatMap((block) =>
      /(?:^|[;{}\s])default\s*:/.test(block) ? [`${source.path} has a default in a switch over a kind`] : [],
    ),
  ];
}

/** All that is loaded with a file before anything of it runs: what it imports, but for types and for what it imports when it needs it. */
function loadedWith(path: string, seen = new Set<string>()): Set<string> {
  const text = sources.find((source) => source.path === path)?.text ?? "";
  const atOnce = sourceOf(path, text.replaceAll(/^import type [^;]*;$/gm, "").replaceAll(/\bimport\("[^"]+"\)/g, ""));
  for (const target of importsOf(atOnce)) {
    if (seen.has(target)) continue;
    seen.add(target);
    loadedWith(target, seen);
  }
  return seen;
}

test("imports only go down", () => {
  expect(sources.flatMap(misplaced)).toEqual([]);
});

test("what decides is pure: no files, no clock, no process, no chance", () => {
  expect(sources.flatMap(impure)).toEqual([]);
});

test("files have the shape of the house: short, named exports, no barrels, exhaustive switches", () => {
  expect([...sources, ...sourcesIn("test", "bench")].flatMap(illShaped)).toEqual([]);
});

test("zod is imported as a namespace: by its name `z` all of it would be bundled, half a megabyte more to load in every run", () => {
  expect(
    sources.filter((source) => /^import \{[^}]*\bz\b[^}]*\} from "zod"/m.test(source.text)).map(({ path }) => path),
  ).toEqual([]);
});

test("the screen is loaded only when there is one: its libraries are imported by its room alone", () => {
  const heavy = new Set(["ink", "react"]);
  const users = sources.filter((source) => importsOf(source).some((target) => heavy.has(target)));
  expect(users.map((source) => source.room).filter((room) => room !== "tui")).toEqual([]);
  const direct = sources.filter((source) => source.room !== "tui" && /^import [^;]*"[^"]*\/tui\//m.test(source.text));
  expect(
    direct.filter((source) => !/^import type [^;]*\/tui\//m.test(source.text)).map((source) => source.path),
  ).toEqual([]);
});

test("the command is there before its libraries are: whoever wants help waits for none of them", () => {
  const packages = [...loadedWith("src/cli/main.ts")].filter((target) => !/^(?:src\/|node:)/.test(target));
  expect(packages.toSorted()).toEqual(["@commander-js/extra-typings", "package.json"]);
});

describe("these rules see", () => {
  test.each([
    ["a pure room that looks up", "src/engine/a.ts", 'import { clean } from "../view/clean.ts";'],
    ["an adapter that knows another", "src/report/a.ts", 'import type { X } from "../connect/ssh.ts";'],
    ["an adapter that knows more than ports", "src/tui/a.ts", 'import {\n  a,\n  b,\n} from "../run/run.ts";'],
    ["a dynamic import", "src/run/a.ts", 'const tui = await import("../tui/app.tsx");'],
    ["a room without a place", "src/utils/a.ts", ""],
  ])("%s", (_, path, text) => {
    expect(misplaced(sourceOf(path, text))).toHaveLength(1);
  });

  test.each([
    ["a file system", "src/view/a.ts", 'import { readFileSync } from "node:fs";'],
    ["a clock", "src/engine/a.ts", "const now = Date.now();"],
    ["the environment", "src/script/a.ts", "if (process.env.HOME) {}"],
  ])("%s in a pure room", (_, path, text) => {
    expect(impure(sourceOf(path, text))).toHaveLength(1);
  });

  test.each([
    ["a long file", "\n".repeat(LONGEST + 1)],
    ["a default export", "export default 1;"],
    ["a barrel", 'export * from "./a.ts";'],
    ["a list passed on", 'export { a, b } from "./a.ts";'],
    ["a type passed on", 'export type { A } from "./a.ts";'],
    ["an enum", "export enum A {}"],
    ["a default in a switch", "switch (event.type) {\n  case 1: {\n    a({});\n  }\n  default:\n    b();\n}"],
  ])("%s", (_, text) => {
    expect(illShaped(sourceOf("src/model/a.ts", text))).toHaveLength(1);
  });

  test("nothing in words, and no default that is a key or in another switch", () => {
    const text = [
      "// Date.now() is not used here",
      'const said = "process.exit, new Date()";',
      "const input = { default: 1 };",
      "switch (kind) {\n  case 1:\n    a({ default: 2 });\n}",
      "switch (letter) {\n  default:\n    b();\n}",
    ].join("\n");
    const source = sourceOf("src/engine/a.ts", text);
    expect([...misplaced(source), ...impure(source), ...illShaped(source)]).toEqual([]);
  });
});
