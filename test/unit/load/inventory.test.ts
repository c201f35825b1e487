import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { loadInventory } from "../../../src/load/inventory.ts";

const cwd = mkdtempSync(join(tmpdir(), "runbook-inventory-"));
const place = { cwd, home: "/home/me" };
afterAll(() => rmSync(cwd, { recursive: true }));

function write(name: string, content: string | Uint8Array): string {
  mkdirSync(dirname(join(cwd, name)), { recursive: true });
  writeFileSync(join(cwd, name), content);
  return name;
}

async function hostsOf(...sources: readonly string[]): Promise<unknown> {
  const loaded = await loadInventory(sources, place);
  return Array.isArray(loaded) ? loaded : (loaded.inventory.groups.get("all") ?? []);
}

describe("what is read", () => {
  test("a file, relative to the working directory", async () => {
    expect(await hostsOf(write("a/hosts.yml", "web: {hosts: {w1: , w2: }}\n"))).toEqual(["w1", "w2"]);
  });

  test("JSON, a file without an ending, a byte order mark, Windows line ends, the executable bit of a strange file system", async () => {
    expect(await hostsOf(write("hosts.json", '{"web": {"hosts": {"j": {}}}}'))).toEqual(["j"]);
    expect(await hostsOf(write("hosts", "web: {hosts: {h: }}\n"))).toEqual(["h"]);
    expect(await hostsOf(write("bom.yml", "\uFEFFweb:\r\n  hosts:\r\n    b:\r\n"))).toEqual(["b"]);
    chmodSync(join(cwd, write("x.yml", "web: {hosts: {x: }}\n")), 0o755);
    expect(await hostsOf("x.yml")).toEqual(["x"]);
  });

  test("hosts with commas, unless a file is called so", async () => {
    expect(await hostsOf("h1,h2")).toEqual(["h1", "h2"]);
    expect(await hostsOf("h1,")).toEqual(["h1"]);
    expect(await hostsOf(write("q1,q2", "web: {hosts: {from_file: }}\n"))).toEqual(["from_file"]);
  });

  test("INI: by its ending, or without one by what is in it; where that is neither, by its first line", async () => {
    expect(await hostsOf(write("x.ini", "a:\n"))).toMatchObject([{ message: expect.stringContaining("a colon") }]);
    expect(await hostsOf(write("ini1", "# hosts\n\n[web]\nw1\n"))).toEqual(["w1"]);
    expect(await hostsOf(write("ini2", "w1 ansible_port=22\n"))).toEqual(["w1"]);
    expect(await hostsOf(write("ini3", "w1\nw2\n"))).toEqual(["w1", "w2"]);
    expect(await hostsOf(write("yml1", "web:\n  hosts: [a\n"))).toMatchObject([
      { where: expect.stringMatching(/^yml1:/), hint: expect.stringContaining("close the") },
    ]);
  });

  test("several, in the order in which they were given", async () => {
    write("one.yml", "web: {hosts: {w1: {a: one, b: one}}}\n");
    write("two.yml", "web: {hosts: {w2: , w1: {b: two}}}\n");
    const loaded = await loadInventory(["one.yml", "two.yml", "w3,"], place);
    expect(loaded).not.toBeInstanceOf(Array);
    const { inventory } = loaded as Exclude<typeof loaded, readonly unknown[]>;
    expect([...inventory.hosts.keys()]).toEqual(["w1", "w2", "w3"]);
    expect(inventory.hosts.get("w1")?.vars).toEqual({ a: "one", b: "two" });
  });

  test("{{ inventory_dir }} is the absolute directory of the file that named the host first", async () => {
    write("d1/hosts.yml", "web: {hosts: {w1: }}\n");
    write(
      "d2/hosts.yml",
      "web: {hosts: {w1: , w2: }, vars: {ansible_ssh_private_key_file: '{{ inventory_dir }}/key'}}\n",
    );
    const loaded = await loadInventory(["d1/hosts.yml", "d2/hosts.yml"], place);
    const { inventory } = loaded as Exclude<typeof loaded, readonly unknown[]>;
    expect(inventory.hosts.get("w1")?.keyFiles).toEqual([join(cwd, "d1/key")]);
    expect(inventory.hosts.get("w2")?.keyFiles).toEqual([join(cwd, "d2/key")]);
  });
});

describe("what is not read is told by its name", () => {
  const cases: readonly (readonly [name: string, source: () => string, kind: string, message: string, hint: string])[] =
    [
      ["a missing file", () => "none.yml", "usage", "there is no such file", "YAML or INI"],
      ["a host without a comma", () => "web1", "usage", "there is no inventory file web1", "`-i web1,`"],
      [
        "an address without a comma",
        () => "root@10.0.0.1",
        "usage",
        "there is no inventory file",
        "`-i root@10.0.0.1,`",
      ],
      ["nothing", () => "", "usage", "is a directory", ""],
      [
        "a directory without an inventory",
        () => dirname(write("dir/notes.md", "a: \n")),
        "usage",
        "there is no inventory in this directory",
        "put an inventory into it",
      ],
      [
        "a directory with nothing but what Ansible leaves out",
        () => dirname(write("inis/hosts.ini", "[a]\n")),
        "usage",
        "there is no inventory in this directory",
        "files that end in .ini are left out of a directory: rename it, or name it: `-i inis/hosts.ini`",
      ],
      ["an empty file", () => write("empty.yml", ""), "invalid-file", "the file is empty", ""],
      ["blank lines", () => write("blank.yml", "\n \n"), "invalid-file", "the file is empty", ""],
      ["binary", () => write("binary.yml", new Uint8Array([97, 0, 98])), "invalid-file", "binary", ""],
      ["Latin-1", () => write("latin.yml", new Uint8Array([0x66, 0xfc, 0x72])), "invalid-file", "UTF-8", ""],
      [
        "TOML",
        () => write("x.toml", "[web.hosts]\n"),
        "invalid-file",
        "not supported yet: an inventory in TOML",
        "--yaml",
      ],
      [
        "a program that may not be executed",
        () => write("dyn.py", "#!/usr/bin/python3\n"),
        "invalid-file",
        "this is a program that may not be executed",
        "chmod +x dyn.py",
      ],
      [
        "a vault",
        () => write("v.yml", "$ANSIBLE_VAULT;1.1;AES256\n6162\n"),
        "invalid-file",
        "encrypted by ansible-vault",
        "--vault-password-file",
      ],
      [
        "YAML with a mistake",
        () => write("bad.yml", "web: {hosts: [a]}\n"),
        "invalid-file",
        "must be a mapping",
        "`a:`",
      ],
    ];
  test.each(cases)("%s", async (_name, source, kind, message, hint) => {
    const faults = await hostsOf(source());
    expect(faults).toMatchObject([{ kind, message: expect.stringContaining(message) }]);
    expect(JSON.stringify(faults)).toContain(hint);
  });

  test("a file that is too large is not read at all", async () => {
    truncateSync(join(cwd, write("huge.yml", "")), 10_000_001);
    expect(await hostsOf("huge.yml")).toMatchObject([
      { kind: "invalid-file", message: "the file is too large: 10 MB, and at most 1 MB is read" },
    ]);
  });

  test("no -i at all", async () => {
    expect(await hostsOf()).toMatchObject([
      { kind: "usage", message: "no inventory was given", hint: expect.stringContaining("-i") },
    ]);
  });

  test("every source's mistakes at once", async () => {
    const faults = await hostsOf("none.yml", write("bad1.yml", "web: 5\n"), "a b,");
    expect(faults).toMatchObject([{ where: "none.yml" }, { where: "bad1.yml:1:6" }, { where: "-i a b," }]);
  });
});

async function warnings(...sources: readonly string[]): Promise<unknown> {
  const loaded = await loadInventory(sources, place);
  return Array.isArray(loaded) ? loaded : loaded.warnings;
}

describe("variables beside the file", () => {
  test("a file of that name is none of ours", async () => {
    write("beside2/host_vars", "");
    expect(await warnings(write("beside2/hosts.yml", "web: {hosts: {w: }}\n"))).toEqual([]);
  });

  test("a mistake in them is told with its place, one in a file of an unknown group is nobody's", async () => {
    write("beside3/group_vars/web.yml", "ansible_port: high\n");
    write("beside3/group_vars/other.yml", "a: [\n");
    write("beside3/host_vars/w/x.yml", "- a\n");
    expect(await warnings(write("beside3/hosts.yml", "web: {hosts: {w: }}\n"))).toMatchObject([
      { where: "beside3/host_vars/w/x.yml:1:1", message: "variables are a mapping, and this is something else" },
      { where: "beside3/group_vars/web.yml:1:15", message: expect.stringContaining("expected a port") },
    ]);
  });

  test("a slip in a name is found there too", async () => {
    write("beside4/host_vars/w.yml", "ansible_hots: 10.0.0.1\n");
    expect(await warnings(write("beside4/hosts.yml", "web: {hosts: {w: }}\n"))).toMatchObject([
      { where: "beside4/host_vars/w.yml:1:1", hint: "did you mean `ansible_host`?" },
    ]);
  });

  test("a key that is given twice counts as it is written last, and a file beside a directory is not read: both are told", async () => {
    write("beside5/group_vars/all.yml", "a: 1\n");
    write("beside5/group_vars/all/x.yml", "b: 1\nb: 2\n");
    expect(await warnings(write("beside5/hosts.yml", "web: {hosts: {w: }}\n"))).toMatchObject([
      { where: "beside5/group_vars/all.yml", message: expect.stringContaining("is not read") },
      { where: "beside5/group_vars/all/x.yml:2:1", message: "`b` is given twice" },
    ]);
  });

  test("a second document and an alias that leads nowhere are faults, unlike a key that is given twice: what they say is not known", async () => {
    write("beside8/group_vars/all.yml", "a: *b\na: 1\n---\nc: 1\n");
    const sources = [write("beside8/hosts.yml", "web: {hosts: {w: }}\n")];
    const loaded = await loadInventory(sources, place);
    expect(loaded).toMatchObject([
      { where: "beside8/group_vars/all.yml:1:4", message: "*b refers to an anchor that is not there" },
      { where: "beside8/group_vars/all.yml:2:1", message: "`a` is given twice" },
      { where: "beside8/group_vars/all.yml:3:1", message: "a second document begins here, and one is expected" },
    ]);
  });

  test("a file that cannot be read is a fault: what it says is not known", async () => {
    write("beside6/group_vars/all.yml", new Uint8Array([0x66, 0xfc]));
    expect(await warnings(write("beside6/hosts.yml", "web: {hosts: {w: }}\n"))).toMatchObject([
      { where: "beside6/group_vars/all.yml:1:2", message: "the file is not text in UTF-8" },
    ]);
  });

  test("a link that leads back ends somewhere", async () => {
    write("beside7/group_vars/all/x.yml", "a: 1\n");
    symlinkSync(".", join(cwd, "beside7/group_vars/all/again"));
    expect(await warnings(write("beside7/hosts.yml", "web: {hosts: {w: }}\n"))).toEqual([]);
  });
});

function program(name: string, text: string): string {
  chmodSync(join(cwd, write(name, `#!/bin/sh\n${text}\n`)), 0o755);
  return name;
}

describe("a program", () => {
  test.each([
    ["that fails", "echo why >&2; exit 3", "", "it ended with exit code 3", "it says: why"],
    ["that is killed", "kill -9 $$", "", "it was ended by SIGKILL", "by hand"],
    ["that prints something else", "echo '{'; echo no", ":2:1", "is no JSON", "nothing else on stdout"],
    ["that prints a list", "echo '[]'", "", "expected a JSON object of groups", "_meta"],
    [
      "with hosts that are no list",
      `echo '{"web": {"hosts": "h1"}}'`,
      "",
      "the hosts of the group `web` are no list",
      "_meta",
    ],
    ["with a hostile name", `echo '{"web": ["-oProxyCommand=id"]}'`, "", "begins with a dash", "_meta"],
    ["with variables that are none", `echo '{"web": {"vars": 5}}'`, "", "are no JSON object", "_meta"],
    [
      "with a wrong value",
      `echo '{"web": {"hosts": ["h"], "vars": {"ansible_port": "x"}}, "_meta": {"hostvars": {}}}'`,
      "",
      "expected a port",
      "`ansible_port` of the group `web`",
    ],
    ["in Latin-1", 'printf \'{"a": "\\374"}\'', "", "is not text in UTF-8", ""],
  ])("%s is told", async (name, text, place, message, hint) => {
    const file = program(`programs/${name.replaceAll(" ", "-")}`, text);
    const [fault] = (await hostsOf(file)) as { where: string; message: string; hint?: string }[];
    expect(fault).toMatchObject({ where: `${file} --list${place}`, message: expect.stringContaining(message) });
    expect(fault?.hint ?? "").toContain(hint);
  });

  test("that hangs is ended", async () => {
    const file = program("programs/hangs", "exec sleep 60");
    expect(await loadInventory([file], { ...place, seconds: 1 })).toMatchObject([
      { where: `${file} --list`, message: expect.stringContaining("it has not ended within 1 seconds") },
    ]);
  });

  test("that fails for one host is no inventory without its variables", async () => {
    const file = program("programs/one", `[ "$1" = --list ] && echo '{"web": ["h1", "h2"]}' && exit 0\n[ "$2" = h1 ]`);
    expect(await hostsOf(file)).toMatchObject([{ where: `${file} --host h2` }]);
  });

  test("may complain: that is a warning", async () => {
    const file = program("programs/complains", `echo 'old cache' >&2; echo '{"_meta": {"hostvars": {}}}'`);
    expect(await warnings(file)).toMatchObject([{ message: "the inventory program says: old cache" }]);
  });
});
