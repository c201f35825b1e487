import { describe, expect, test } from "vitest";
import {
  parseInventory,
  type InventorySource,
  type ParsedInventory,
} from "../../../../src/language/inventory/inventory.ts";
import type { Fault } from "../../../../src/model/fault.ts";
import type { Unfit } from "../../../../src/model/inventory.ts";
import { told } from "../../../kit/mistakes.ts";

const PLACE = { cwd: "/cwd", home: "/home/me" };

function yaml(text: string, file = "hosts.yml"): InventorySource {
  return { kind: "yaml", text, file, directory: "/inv" };
}

function parse(...sources: readonly InventorySource[]): ParsedInventory {
  const parsed = parseInventory(sources, PLACE);
  if (Array.isArray(parsed)) throw new Error(JSON.stringify(parsed, null, 1));
  return parsed;
}

function faults(...texts: readonly string[]): readonly Fault[] {
  const parsed = parseInventory(
    texts.map((text, index) => yaml(text, texts.length === 1 ? "hosts.yml" : `${index}.yml`)),
    PLACE,
  );
  return Array.isArray(parsed) ? parsed : [];
}

describe("what is wrong is told with its place", () => {
  test.each([
    ["all:\n  host:\n    a:\n", "2:3", "`host` is nothing that the group `all` can have", "did you mean `hosts`?"],
    ["all:\n  hots:\n    a:\n", "2:3", "`hots` is nothing", "did you mean `hosts`?"],
    ["all:\n  child:\n    a:\n", "2:3", "`child` is nothing", "did you mean `children`?"],
    ["all:\n  zzz: 1\n", "2:3", "`zzz` is nothing", "a group may have `hosts`, `children` and `vars`"],
    ["hosts:\n  a:\n", "1:1", "`hosts` stands where a group's name is expected", "put it under a group"],
    ["web: [a, b]\n", "1:6", "the group `web` is a list", "each a mapping"],
    ["web: a\n", "1:6", "the group `web` is a text", "each a mapping"],
    ["web:\n  hosts: [a, b]\n", "2:10", "`hosts` of the group `web` must be a mapping, and this is a list", "`a:`"],
    ["web:\n  hosts:\n    - a\n", "3:5", "and this is a list", "a colon instead of a dash"],
    ["web:\n  vars: 5\n", "2:9", "`vars` of the group `web` must be a mapping, and this is a number", "each a mapping"],
    ["web:\n  hosts:\n    a: ansible_host=b\n", "3:8", "the variables of `a` must be a mapping", "`name: value`"],
    ["web:\n  hosts:\n    a[1:b]:\n", "3:5", "must go from number to number", "web[01:20]"],
    ["web:\n  hosts:\n    -oProxyCommand=id:\n", "3:5", "begins with a dash", "name:port"],
    ["web:\n  hosts:\n    a b:\n", "3:5", "holds a space", "name:port"],
    ["web:\n  hosts:\n    root@a:\n", "3:5", "holds `@`", "name:port"],
    ['web:\n  hosts:\n    "a\\e[31m":\n', "3:5", "holds a control character", "name:port"],
    ["web:\n  hosts:\n    a:99999:\n", "3:5", "has the port 99999", "name:port"],
    ["web:\n  hosts:\n    a,b:\n", "3:5", "holds `,`", "name:port"],
    ["web: {children: {web: {}}}\n", "1:18", "the group `web` is its own child", "remove `web`"],
    [
      "a: {children: {b: {children: {c: {children: {a: }}}}}}\n",
      "1:16",
      "the groups `a` and `b` hold each other: a loop",
      "remove `b` from the children of `a`",
    ],
    ["web: {children: {all: }}\n", "1:18", "`all` holds every group", "remove it here"],
    ["web: {vars: {ansible_group_priority: high}}\n", "1:38", "must be a whole number", ""],
    ["- a\n", "1:1", "an inventory is a mapping of groups, and this is a list", "for instance"],
    ["just words\n", "1:1", "and this is a text", "for instance"],
    ["plugin: aws_ec2\nregions: []\n", "1:1", "inventory plugin is not supported yet", "ansible-inventory"],
    ["# nothing\n", "1:1", "is empty", ""],
    ["---\n", "1:1", "the inventory is empty", "for instance"],
    ["web:\n  hosts:\n    10:\n", "3:5", "the key 10 is no text", 'write it in quotes: "10"'],
    ["web:\n  hosts: {a: , a: }\n", "2:16", "`a` is given twice", ""],
    [
      "web:\n  hosts: {a: {ansible_hots: b}}\n",
      "2:15",
      "`ansible_hots` of `a` is no variable that is known",
      "did you mean `ansible_host`?",
    ],
    ["web:\n  vars: {anisble_user: b}\n", "2:10", "`anisble_user` of `web`", "did you mean `ansible_user`?"],
    ["web:\n  vars: {ansible-user: b}\n", "2:10", "`ansible-user` of `web`", "did you mean `ansible_user`?"],
  ])("%j", (text, place, message, hint) => {
    const found = faults(text);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({
      kind: "invalid-file",
      where: `hosts.yml:${place}`,
      message: expect.stringContaining(message),
    });
    expect(found[0]?.hint ?? "").toContain(hint);
  });

  test("all of it at once, in the order of the file, file by file", () => {
    const found = faults("web:\n  host: {}\n  hosts:\n    a: {ansible_port: x}\n    a b:\ndb: 5\n", "x: 1\n");
    expect(found.map(({ where }) => where)).toEqual(["0.yml:2:3", "0.yml:4:23", "0.yml:5:5", "0.yml:6:5", "1.yml:1:4"]);
  });

  test("a group's mistake is told once, however many hosts it reaches", () => {
    expect(faults("web: {vars: {ansible_port: ssh}, hosts: {'w[1:500]': }}\n").map(({ message }) => message)).toEqual([
      "w1 and 499 more hosts: `ansible_port`: expected a port, 1 to 65535, got `ssh`",
    ]);
  });

  test("a loop over two files is found", () => {
    expect(faults("a: {children: {b: }}\n", "b: {children: {a: }}\n")).toMatchObject([{ where: "1.yml:1:16" }]);
  });
});

test.each([
  "ansible_users: [a]",
  "ansible_hosts: {}",
  "ansible_distribution: x",
  "ansible_facts: x",
  "answer: 1",
  "ansible_python_interpreter: x",
])("%s is nobody's slip", (variable) => {
  expect(faults(`web: {vars: {${variable}}, hosts: {a: }}\n`)).toEqual([]);
});

describe("groups", () => {
  const { inventory, tree } = parse(
    yaml("web: {hosts: {w1: {x: 1}, w2: }}\nall: {hosts: {lone: }, vars: {x: 0, w: 0}}\n"),
    yaml("app: {children: {web: {vars: {x: 2, w: 2}, hosts: {w3: , w1: {z: 3}}}}}\n", "more.yml"),
  );

  test("what is written twice is merged, and later files win", () => {
    expect(Object.fromEntries(inventory.groups)).toEqual({
      all: ["lone", "w1", "w2", "w3"],
      ungrouped: ["lone"],
      web: ["w1", "w2", "w3"],
      app: ["w1", "w2", "w3"],
    });
    expect(inventory.hosts.get("w1")).toMatchObject({ vars: { x: 1, w: 2, z: 3 }, groups: ["all", "app", "web"] });
    expect(inventory.hosts.get("lone")).toMatchObject({ vars: { x: 0, w: 0 }, groups: ["all", "ungrouped"] });
  });

  test("the tree holds what each group names itself", () => {
    expect(tree.get("app")).toEqual({ children: ["web"], hosts: [] });
    expect(tree.get("all")).toEqual({ children: ["ungrouped", "app"], hosts: ["lone"] });
  });
});

test("a host with a group's name is worth a warning", () => {
  expect(parse(yaml("a: {hosts: {a: }}\n")).warnings).toMatchObject([
    { message: expect.stringContaining("`a` is the name of a host and of a group") },
  ]);
});

function list(text: string): InventorySource {
  return { kind: "list", text };
}

describe("hosts of the command line", () => {
  test("names, users, ports, addresses and ranges", () => {
    const { inventory } = parse(list("h1, ops@h2:2222,[2001:db8::1]:22,::1,web[01:02],DOM\\joe@h3,"));
    expect(inventory.groups.get("ungrouped")).toEqual(["h1", "h2", "2001:db8::1", "::1", "web01", "web02", "h3"]);
    expect(inventory.hosts.get("h2")).toMatchObject({ address: "h2", port: 2222, user: "ops", connection: "ssh" });
    expect(inventory.hosts.get("2001:db8::1")).toMatchObject({ address: "2001:db8::1", port: 22, user: undefined });
    expect(inventory.hosts.get("h3")).toMatchObject({ user: "DOM\\joe" });
  });

  test("a host that a file knows keeps its groups and variables; what is said here wins", () => {
    const { inventory } = parse(yaml("web: {hosts: {h1: {ansible_port: 1, ansible_user: a}}}\n"), list("b@h1,h2"));
    expect(inventory.hosts.get("h1")).toMatchObject({ port: 1, user: "b", groups: ["all", "web"] });
    expect(inventory.groups.get("ungrouped")).toEqual(["h2"]);
  });

  test.each([
    [",", "the list names no host"],
    ["a b,", "holds a space"],
    ["a:0,", "has the port 0"],
    ["a:,", "port missing"],
    ["@a,", "the user's name is empty"],
    ["-x@a,", "begins with a dash"],
    ["-a,", "begins with a dash"],
    ["web[3:1],", "ends before it begins"],
  ])("%j is refused", (text, message) => {
    expect(parseInventory([list(text)], PLACE)).toMatchObject([
      { kind: "usage", where: `-i ${text}`, message: expect.stringContaining(message), hint: expect.any(String) },
    ]);
  });
});

function unfit(host: string, name: string): Unfit {
  return { host, name, message: "no" };
}

describe("a variable that does not do for an input", () => {
  const text = ["web:", "  vars: { size: 9, api_key: HUNTER2 }", "  hosts: { w1: , w2: , w3: { size: [1] } }"].join(
    "\n",
  );

  test("is one mistake at its place, however many hosts it reaches", () => {
    const { complain } = parse(yaml(text));
    const all = [unfit("w3", "size"), unfit("w1", "size"), unfit("w2", "size")];
    expect(told(complain(all))).toEqual(["2:17 w1 and one more host: `size`: no", "3:36 w3: `size`: no"]);
  });

  test("shows nothing of its line, where a secret may stand beside it", () => {
    const { complain } = parse(yaml(text));
    expect(complain([unfit("w1", "size")])).toEqual([
      { kind: "usage", where: "hosts.yml:2:17", message: "w1: `size`: no" },
    ]);
  });
});

test("a line that is cut is not shown: what tells that a secret stands in it may be on the other side", () => {
  const long = `web: { hosts: { w1: { ansible_password: ${"z".repeat(84)}, ansible_port: x } } }\n`;
  const [fault] = faults(long);
  expect(fault).toMatchObject({ where: "hosts.yml:1:141" });
  expect(fault).not.toHaveProperty("excerpt");
  expect(faults(long.replace("ansible_password", "motd"))[0]).not.toHaveProperty("excerpt");
  expect(faults("web: { hosts: { w1: { motd: z, ansible_port: x } } }\n")[0]).toHaveProperty("excerpt");
});
