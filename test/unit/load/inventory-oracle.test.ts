import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { inventory, type InventoryOptions } from "../../../src/cli/inventory.ts";
import { matchHosts } from "../../../src/language/inventory/pattern.ts";
import { loadInventory, type LoadedInventory } from "../../../src/load/inventory.ts";
import { Encrypted, Secret } from "../../../src/model/secret.ts";
import { QUESTIONS, type Question } from "../../fixtures/inventory/corpus/questions.ts";

const FIXTURES = join(import.meta.dirname, "../../fixtures/inventory");
const CORPUS = join(FIXTURES, "corpus");

/** What Ansible makes of one inventory. */
type Answer = {
  readonly hosts: Readonly<
    Record<string, { readonly vars: Readonly<Record<string, unknown>>; readonly groups: readonly string[] }>
  >;
  readonly groups: Readonly<Record<string, readonly string[]>>;
  readonly shown: { readonly list: string; readonly graph: string } | null;
  readonly selected: readonly (readonly string[] | { readonly error: string })[];
};

/** Debian's ansible-core; one process for all, since it starts slowly. */
function askAnsible(): readonly Answer[] {
  const questions = Object.values(QUESTIONS).map(({ patterns = [], ...question }) => ({
    ...question,
    patterns,
    shown: question.passwords === undefined,
  }));
  const output = execFileSync("/usr/bin/python3", [join(FIXTURES, "oracle.py")], {
    cwd: CORPUS,
    input: JSON.stringify(questions),
    encoding: "utf8",
    maxBuffer: 100_000_000,
    timeout: 60_000,
    stdio: ["pipe", "pipe", "ignore"],
    env: { PATH: "/usr/bin:/bin", HOME: tmpdir(), LC_ALL: "C.UTF-8", ANSIBLE_CONFIG: join(FIXTURES, "ansible.cfg") },
  });
  return JSON.parse(output) as readonly Answer[];
}

async function load({ sources, passwords = [] }: Question): Promise<LoadedInventory> {
  const loaded = await loadInventory(sources, { cwd: CORPUS, home: "/home/me", vaultPasswordFiles: passwords });
  if (Array.isArray(loaded)) throw new Error(JSON.stringify(loaded, null, 1));
  return loaded;
}

/** Values as the oracle writes them: what was encrypted by itself is marked, and all else is told. */
function revealed(value: unknown): unknown {
  if (value instanceof Secret) return value.reveal();
  if (value instanceof Encrypted) {
    const opened = value.open();
    return { decrypted: "secret" in opened ? opened.secret.reveal() : opened.problem };
  }
  if (Array.isArray(value)) return value.map(revealed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, revealed(each)]));
}

describe("an inventory is what it is to Ansible", () => {
  let answers: readonly Answer[] = [];
  beforeAll(() => {
    answers = askAnsible();
  }, 60_000);

  test.each(Object.keys(QUESTIONS).map((name, index) => [name, index] as const))("%s", async (name, index) => {
    const question: Question = QUESTIONS[name] ?? { sources: [] };
    const { patterns = [], unordered = false } = question;
    const theirs = answers[index];
    const { inventory: ours } = await load(question);
    const inOrder = (hosts: unknown): unknown => (unordered && Array.isArray(hosts) ? new Set(hosts) : hosts);
    const names = ours.groups.get("all") ?? [];
    expect(inOrder(names)).toEqual(inOrder(theirs?.groups["all"]));
    const hosts = names.map((host) => {
      const { vars = {}, groups = [] } = ours.hosts.get(host) ?? {};
      return [host, { vars: revealed(vars), groups: groups.toSorted() }];
    });
    expect(Object.fromEntries(hosts)).toEqual(theirs?.hosts);
    for (const [group, members] of ours.groups)
      expect([group, inOrder(members)]).toEqual([group, inOrder(theirs?.groups[group])]);
    expect([...ours.groups.keys()].toSorted()).toEqual(Object.keys(theirs?.groups ?? {}).toSorted());
    for (const [at, pattern] of patterns.entries())
      expect([pattern, inOrder(matchHosts(ours, pattern))]).toEqual([pattern, inOrder(theirs?.selected[at])]);
  });

  const plain = Object.entries(QUESTIONS).filter(
    ([, { passwords, unordered }]) => (passwords ?? unordered) === undefined,
  );
  test.each(plain)("%s: --list and --graph print what ansible-inventory prints", async (name, { sources }) => {
    const theirs = answers[Object.keys(QUESTIONS).indexOf(name)]?.shown;
    const paths = sources.map((source) => (existsSync(join(CORPUS, source)) ? join(CORPUS, source) : source));
    expect(await printed({ inventory: paths, graph: true })).toBe(`${theirs?.graph}\n`);
    const { _meta: meta, ...groups } = JSON.parse(await printed({ inventory: paths, list: true })) as Listed;
    expect({ _meta: { hostvars: meta.hostvars }, ...groups }).toEqual(JSON.parse(theirs?.list ?? "", unmarked));
  });
});

/** Ansible marks what is no template in its output; to us it is the text. */
function unmarked(_: string, value: unknown): unknown {
  return typeof value === "object" && value !== null && "__ansible_unsafe" in value ? value.__ansible_unsafe : value;
}

type Listed = { readonly _meta: { readonly hostvars: object; readonly connections: object } };

async function printed(options: InventoryOptions): Promise<string> {
  let text = "";
  const io = { out: (more: string) => void (text += more), err: () => undefined };
  expect(await inventory(options, {}, io)).toBe(0);
  return text;
}
