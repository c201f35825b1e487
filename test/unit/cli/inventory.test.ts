import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { inventory, type InventoryOptions } from "../../../src/cli/inventory.ts";
import { exitOfFaults, tell } from "../../../src/cli/io.ts";

const cwd = mkdtempSync(join(tmpdir(), "runbook-inventory-"));
afterAll(() => rmSync(cwd, { recursive: true }));
writeFileSync(
  join(cwd, "hosts.yml"),
  `
web:
  vars: { ansible_user: ops, ansible_password: hunter2, db_password: "hunter3", tokens: [hunter4], nested: { api_key: hunter5 },
          secrets: { db: hunter6, more: [{ x: 7 }] }, odd: "\\x9b31m" }
  hosts: { web1: { ansible_host: 10.0.0.1, ansible_port: 2222 }, web2: {} }
prod: { children: { web: {} }, hosts: { "2001:db8::1": {}, here: { ansible_connection: local } } }
win: { vars: { ansible_connection: winrm }, hosts: { w1: {} } }
`,
);

const hosts = join(cwd, "hosts.yml");

function write(name: string, text: string): string {
  writeFileSync(join(cwd, name), text);
  return join(cwd, name);
}

async function run(options: InventoryOptions, env = {}): Promise<{ code: number; out: string; err: string }> {
  const texts = { out: "", err: "" };
  const io = {
    out: (text: string) => void (texts.out += text),
    err: (text: string) => void (texts.err += text),
  };
  const answer = await inventory({ inventory: [hosts], ...options }, env, io);
  if (typeof answer === "number") return { code: answer, ...texts };
  tell(answer, io);
  return { code: exitOfFaults(answer), ...texts };
}

test("the list says where each host is reached, and which cannot be yet", async () => {
  expect(await run({})).toEqual({
    code: 0,
    err: "",
    out: [
      "2001:db8::1  [2001:db8::1]      prod",
      "here         this machine       prod",
      "w1           w1                 win (w1: `ansible_connection`: not supported yet: the connection winrm)",
      "web1         ops@10.0.0.1:2222  prod, web",
      "web2         ops@web2           prod, web",
      "",
    ].join("\n"),
  });
});

test("the list says through which hosts others are reached", async () => {
  const file = write("behind.yml", "all: { hosts: { db1: { ansible_ssh_common_args: '-J first,ops@second:23' } } }\n");
  expect((await run({ inventory: [file] })).out).toBe("db1  db1 through first, ops@second:23  ungrouped\n");
});

test("the graph is drawn as ansible-inventory draws it; narrowed, it has the selected hosts in their groups", async () => {
  const { out } = await run({ graph: true, limit: "web1:here" });
  expect(out).toBe("@all:\n  |--@prod:\n  |  |--@web:\n  |  |  |--web1\n  |  |--here\n");
});

test("JSON is what ansible-inventory says, but for what is secret, with what became of the connection", async () => {
  const { code, out } = await run({ list: true, limit: "web1" });
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    all: { children: ["ungrouped", "prod", "win"] },
    prod: { children: ["web"] },
    web: { hosts: ["web1"] },
    _meta: {
      connections: { web1: { address: "10.0.0.1", port: 2222, user: "ops", password: "••••••" } },
      hostvars: {
        web1: {
          ansible_user: "ops",
          ansible_password: "••••••",
          db_password: "••••••",
          tokens: ["••••••"],
          nested: { api_key: "••••••" },
          secrets: { db: "••••••", more: [{ x: "••••••" }] },
          odd: "\u009B31m",
        },
      },
    },
  });
  expect(out).not.toContain("hunter");
  expect(out).not.toContain("\u009B");
});

test("what is encrypted shows as dots", async () => {
  const corpus = join(import.meta.dirname, "../../fixtures/inventory/corpus/vault");
  const env = { ANSIBLE_VAULT_PASSWORD_FILE: join(corpus, "password") };
  const { out, err } = await run({ inventory: [join(corpus, "hosts.yml")], list: true }, env);
  expect(JSON.parse(out)).toMatchObject({
    _meta: {
      hostvars: { v1: { ansible_password: "••••••", nested: { list: ["••••••", "plain"] }, vault_flag: true } },
    },
  });
  expect(out + err).not.toMatch(/hunter|ANSIBLE_VAULT;/);
});

test("@file in a pattern stands for what is written in the file", async () => {
  const at = `@${write("names", "# hosts\n  web1\n\nhere\n")}`;
  expect((await run({ limit: at })).out).toBe((await run({ limit: "web1,here" })).out);
  expect((await run({ limit: `web:@${write("ipv6", "2001:db8::1\n!web2\n")}` })).out).toMatch(
    /^2001:db8::1 .*\nweb1 .*\n$/,
  );
  expect((await run({ limit: "@absent" })).err).toContain("@absent: there is no such file");
  const nothing = await run({ limit: `@${write("nothing", "\n# none\n")}` });
  expect(nothing).toMatchObject({ out: "", err: expect.stringContaining("the file names no host") });
  expect((await run({ limit: "web:!@names" })).err).toContain("without a sign before the @");
});

test("$RUNBOOK_INVENTORY is the default", async () => {
  const env = { RUNBOOK_INVENTORY: hosts };
  expect(await run({ inventory: undefined, limit: "here" }, env)).toMatchObject({
    code: 0,
    out: "here  this machine  prod\n",
  });
  expect((await run({ inventory: ["web9,"] }, env)).out).toBe("web9  web9  ungrouped\n");
});

test.each([
  [{ limit: "wbe" }, 64, "no host or group is called `wbe`\n  → did you mean `web`?\n"],
  [{ inventory: [] }, 64, "no inventory was given"],
  [{ inventory: ["none.yml"] }, 64, "none.yml: there is no such file"],
  [{ inventory: [""] }, 64, "no inventory is named"],
  [{ inventory: ["web[2:1],"] }, 64, "ends before it begins"],
])("%j: nothing on stdout, the fault on stderr, %i", async (options, code, message) => {
  const result = await run(options);
  expect(result).toMatchObject({ code, out: "" });
  expect(result.err).toContain(message);
});

test("a file with a mistake is shown with its place", async () => {
  writeFileSync(join(cwd, "bad.yml"), "web:\n  host: {}\n");
  expect(await run({ inventory: [join(cwd, "bad.yml")] })).toMatchObject({
    code: 65,
    err: expect.stringContaining("  2 |   host: {}\n    |   ^^^^\n"),
  });
});
