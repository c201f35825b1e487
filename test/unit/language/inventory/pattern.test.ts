import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseInventory } from "../../../../src/language/inventory/inventory.ts";
import { matchHosts, selectHosts } from "../../../../src/language/inventory/pattern.ts";
import type { Inventory } from "../../../../src/model/inventory.ts";

const TEXT = `
all:
  hosts: { bastion: {} }
  children:
    web: { hosts: { "web[01:06]": {} } }
    db: { hosts: { db1: {}, db2: {}, db3: {} } }
    prod: { hosts: { "web[01:03]": {}, db1: {} } }
    staging: { hosts: { "web[04:06]": {}, db2: {} } }
    vacant:
    mixed: { hosts: { bastion: {}, web02: {} } }
`;

function inventoryOf(text: string): Inventory {
  const parsed = parseInventory([{ kind: "yaml", text, file: "hosts.yml", directory: "/inv" }], {
    cwd: "/",
    home: "/root",
  });
  if (Array.isArray(parsed)) throw new Error(JSON.stringify(parsed));
  return parsed.inventory;
}
const inventory = inventoryOf(TEXT);

describe("nothing selected is a fault, never all", () => {
  test.each([
    ["", "usage", "is empty"],
    ["  ", "usage", "is empty"],
    [",", "usage", "is empty"],
    [":", "usage", "is empty"],
    ["vacant", "nothing-selected", "the group `vacant` has no hosts"],
    ["web:&db", "nothing-selected", "selects no host"],
    ["all:!all", "nothing-selected", "selects no host"],
    ["x*", "nothing-selected", "selects no host"],
    ["~^nothing$", "nothing-selected", "selects no host"],
    ["wbe", "nothing-selected", "no host or group is called `wbe`"],
    ["web:nobody", "nothing-selected", "no host or group is called `nobody`"],
    ["all:!prdo", "nothing-selected", "no host or group is called `prdo`"],
    ["all:&prdo", "nothing-selected", "no host or group is called `prdo`"],
    ["db[3]", "nothing-selected", "`db` has 3 hosts, and none is number 3"],
    ["db[-4]", "nothing-selected", "`db` has 3 hosts"],
    ["db[5:9]", "nothing-selected", "selects no host"],
    ["nodb[0]", "nothing-selected", "no host or group is called `nodb` (in `nodb[0]`)"],
    ["localhost", "nothing-selected", "no host or group is called `localhost`"],
    ["web:22", "nothing-selected", "no host or group is called `web:22`"],
    ["web:db,prod", "nothing-selected", "no host or group is called `web:db`"],
    ["!", "usage", "stands before nothing"],
    ["web:&", "usage", "stands before nothing"],
    ["@retry.txt", "usage", "hosts from a file (@retry.txt) can be named on the command line alone"],
    ["~(", "usage", "is no regular expression"],
    ["web[0-2]", "usage", "neither a slice nor a glob"],
    ["web[-3:-1]", "usage", "neither a slice nor a glob"],
    ["web[0:2", "usage", "a bracket is not closed"],
  ])("%j", (pattern, kind, message) => {
    expect(selectHosts(inventory, pattern)).toMatchObject({
      kind,
      message: expect.stringContaining(message),
      hint: expect.any(String),
    });
  });

  test("an inventory without hosts says so", () => {
    expect(selectHosts(inventoryOf("web:\n"), "all")).toMatchObject({
      kind: "nothing-selected",
      message: "the inventory has no hosts",
    });
  });
});

test.each([
  ["wbe", "did you mean `web`?"],
  ["db4", "did you mean `db`?"],
  ["bastoin", "did you mean `bastion`?"],
  ["stagin:web", "did you mean `staging`?"],
  ["localhost", "ansible_connection: local"],
  ["web:22", "either commas or colons"],
  ["web[0-2]", "web[0:2]"],
])("the hint for %s helps", (pattern, hint) => {
  expect(selectHosts(inventory, pattern)).toMatchObject({ hint: expect.stringContaining(hint) });
});

describe("a limit narrows", () => {
  test.each([
    ["web", "prod", ["web01", "web02", "web03"]],
    ["all", "db[0]:web06", ["web06", "db1"]],
    ["prod", "!web", ["db1"]],
  ])("%s within %s", (pattern, limit, hosts) => {
    expect(selectHosts(inventory, pattern, limit)).toEqual(hosts);
  });

  test("what is in neither is a fault that says what the limit selects", () => {
    expect(selectHosts(inventory, "web", "db")).toEqual({
      kind: "nothing-selected",
      message: "no host is in both `web` and `db`",
      hint: "`db` selects db1, db2, db3",
    });
  });
});

test("the order is the inventory's, whatever the pattern's", () => {
  expect(selectHosts(inventory, "db2,db1,web05,bastion,web01")).toEqual(["bastion", "web01", "web05", "db1", "db2"]);
});

test("a host and a group of one name: the host where hosts are added, the group behind & and !", () => {
  const same = inventoryOf("twin: { hosts: { a: {}, twin: {} } }\nother: { hosts: { b: {} } }\n");
  expect(selectHosts(same, "twin")).toEqual(["twin"]);
  expect(selectHosts(same, "all:!twin")).toEqual(["b"]);
});

test("a host that cannot be reached yet is refused only where it is selected", () => {
  const mixed = inventoryOf(
    "lin: { hosts: { l1: {} } }\nwin: { vars: { ansible_connection: winrm }, hosts: { w1: {}, w2: {} } }\n",
  );
  expect(selectHosts(mixed, "lin")).toEqual(["l1"]);
  expect(selectHosts(mixed, "all", "!win")).toEqual(["l1"]);
  expect(matchHosts(mixed, "all")).toEqual(["l1", "w1", "w2"]);
  expect(selectHosts(mixed, "all")).toMatchObject({
    where: "hosts.yml:2:36",
    message:
      "w1: `ansible_connection`: not supported yet: the connection winrm; 2 of the selected hosts cannot be reached yet",
    hint: "only ssh and local are; or leave out what cannot be reached: `all:!w1:!w2`",
  });
});

function hosts(pattern: string): Set<string> {
  const selected = selectHosts(inventory, pattern);
  return new Set(Array.isArray(selected) ? selected : []);
}

describe("the algebra of patterns", () => {
  const name = fc.constantFrom(
    "web",
    "db",
    "prod",
    "staging",
    "mixed",
    "all",
    "bastion",
    "web02",
    "db*",
    "~web0[1-4]",
    "web[1:2]",
    "ungrouped",
  );

  test("`:` and `,` unite, `:&` intersects, `:!` takes away", () => {
    fc.assert(
      fc.property(name, name, (a, b) => {
        expect(hosts(`${a}:${b}`)).toEqual(hosts(a).union(hosts(b)));
        expect(hosts(`${a},${b}`)).toEqual(hosts(a).union(hosts(b)));
        expect(hosts(`${a}:&${b}`)).toEqual(hosts(a).intersection(hosts(b)));
        expect(hosts(`${a}:!${b}`)).toEqual(hosts(a).difference(hosts(b)));
        expect(hosts(`!${a}:!${b}`)).toEqual(hosts("all").difference(hosts(a)).difference(hosts(b)));
      }),
    );
  });

  test("the place of a part in the pattern does not matter", () => {
    const parts = fc.uniqueArray(
      fc.tuple(fc.constantFrom("", "&", "!"), name).map((each) => each.join("")),
      { minLength: 1, maxLength: 5 },
    );
    const shuffled = parts.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    );
    fc.assert(
      fc.property(shuffled, ([one, other]) => {
        expect(selectHosts(inventory, other.join(":"))).toEqual(expect.anything());
        expect(hosts(other.join(":"))).toEqual(hosts(one.join(":")));
      }),
    );
  });

  test("any text gives hosts of the inventory or a fault", () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^[~!&]?[a-d*?:,[\]!&0-9-]{0,12}$/));
    fc.assert(
      fc.property(text, (pattern) => {
        const selected = selectHosts(inventory, pattern);
        const sound = Array.isArray(selected)
          ? selected.length > 0 && selected.every((host) => inventory.hosts.has(host))
          : ["usage", "nothing-selected"].includes(selected.kind);
        expect(sound).toBe(true);
      }),
    );
  });
});
