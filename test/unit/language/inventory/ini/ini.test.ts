import { describe, expect, test } from "vitest";
import { parseInventory, type ParsedInventory } from "../../../../../src/language/inventory/inventory.ts";
import type { Fault } from "../../../../../src/model/fault.ts";

function parse(...texts: readonly string[]): ParsedInventory | Fault[] {
  const sources = texts.map((text, index) => {
    const file = texts.length === 1 ? "hosts" : `${index}`;
    return { kind: "ini", text, file, directory: "/inv" } as const;
  });
  return parseInventory(sources, { cwd: "/cwd", home: "/home/me" });
}

describe("what is wrong is told with its place", () => {
  test.each([
    ["[web\nw1\n", "1:1", "holds `[`", "name:port"],
    ["[we b]\nw1\n", "1:1", "this is no section", "without spaces"],
    ["\n[web] ; why\nw1\n", "2:1", "this is no section", "only # begins a comment"],
    ["[web:chidlren]\n", "1:1", "[web:chidlren] is no kind of section", "did you mean `children`?"],
    ["[web:hosts:x]\n", "1:1", "this is no section", "[group:children]"],
    ["[web]\nw1 port\n", "2:4", "expected name=value behind the host", "without blanks"],
    ["[web]\nw1 a = 1\n", "2:4", "expected name=value behind the host", "without blanks"],
    ["[web]\nw1 a='1\n", "2:6", "a quote (') is not closed", "in quotes"],
    ["[web]\nw1 a=1\\\n", "2:7", "a backslash stands before nothing", "in quotes"],
    ["[web]\nw1:99999\n", "2:1", "has the port 99999", "name:port"],
    ["[web]\n  root@w1\n", "2:3", "holds `@`", "name:port"],
    ["[web]\nweb[3:1]\n", "2:1", "ends before it begins", ""],
    ["web:\n  hosts:\n", "1:1", "`web:` ends with a colon", "Then call it .yml"],
    ["---\n", "1:1", "`---` begins a YAML file", "call it .yml"],
    ["[web]\n[web:vars]\nport\n", "3:1", "expected name=value below [web:vars]", "one variable a line"],
    ["[web]\n[web:children]\na b\n", "3:1", "expected the name of a group below [web:children]", "one name a line"],
    [
      "[wbe:vars]\nx=1\n[web]\n",
      "1:1",
      "the group `wbe` has variables, and no section declares it",
      "did you mean `web`?",
    ],
    ["[p:children]\n web\n", "2:2", "the group `web` is a child, and no section declares it", "[web] declares it"],
    ["[web:children]\nweb\n", "2:1", "the group `web` is its own child", "remove `web`"],
    ["[a:children]\nb\n[b:children]\na\n", "4:1", "the groups `b` and `a` hold each other: a loop", "remove `a`"],
    ["[a:children]\nall\n", "2:1", "`all` holds every group", "remove it"],
    ["[a]\n[a:vars]\nansible_group_priority=high\n", "3:24", "must be a whole number", ""],
    ["w1 ansible_port=high\n", "1:4", "`ansible_port`: expected a port, 1 to 65535", ""],
    ["[a]\nw1\n[a:vars]\nansible_hots = 1\n", "4:1", "`ansible_hots` of `a` is no variable", "`ansible_host`"],
  ])("%j", (text, place, message, hint) => {
    const [first] = Array.isArray(parse(text)) ? (parse(text) as Fault[]) : [];
    expect(first).toMatchObject({
      kind: "invalid-file",
      where: `hosts:${place}`,
      message: expect.stringContaining(message),
    });
    expect(first?.hint ?? "").toContain(hint);
  });

  test("all at once, in the order of their lines", () => {
    expect(parse("[a:vars]\nx\n[b:what]\n[c]\n-h\n")).toMatchObject([
      { where: "hosts:1:1" },
      { where: "hosts:2:1" },
      { where: "hosts:3:1" },
      { where: "hosts:5:1" },
    ]);
  });

  test("once a line, however many words of a sentence do not fit", () => {
    expect(parse("This directory holds our hosts.\n")).toMatchObject([{ where: "hosts:1:6" }]);
    expect(parse("This directory holds our hosts.\n")).toHaveLength(1);
  });

  test("without a line that holds a password", () => {
    const faults = parse("w1 ansible_password=hunter2 ansible_port=high\n");
    expect(faults).toMatchObject([{ where: "hosts:1:29" }]);
    expect(JSON.stringify(faults)).not.toContain("hunter2");
  });
});

test("a group may be declared by another source", () => {
  const parsed = parse("[web]\nw1\n", "[web:vars]\nx=1\n[all:children]\nweb\n");
  expect(parsed).toMatchObject({ warnings: [] });
});

test("a # within a word begins a comment, as Ansible reads it: that is worth a word, without the password that it cuts", () => {
  const parsed = parse("w1 ansible_password=abc#def\n");
  expect(parsed).toMatchObject({
    warnings: [
      {
        where: "hosts:1:24",
        message: expect.stringContaining("is a comment"),
        hint: expect.stringContaining("quotes"),
      },
    ],
  });
  expect(JSON.stringify(parsed)).not.toContain("def");
});
