import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { inventory, type InventoryOptions } from "../../../src/cli/inventory.ts";

const cwd = mkdtempSync(join(tmpdir(), "runbook-inventory-"));
afterAll(() => rmSync(cwd, { recursive: true }));
writeFileSync(
  join(cwd, "hosts.yml"),
  `
web:
  vars: { ansible_user: ops, ansible_password: hunter2, db_password: "hunter3", tokens: [hunter4], nested: { api_key: hunter5 } }
  hosts: { web1: { ansible_host: 10.0.0.1, ansible_port: 2222 }, web2: {} }
prod: { children: { web: {} }, hosts: { "2001:db8::1": {}, here: { ansible_connection: local } } }
win: { vars: { ansible_connection: winrm }, hosts: { w1: {} } }
`,
);

async function run(options: Partial<InventoryOptions>): Promise<{ code: number; out: string; err: string }> {
  const texts = { out: "", err: "" };
  const io = {
    out: (text: string) => void (texts.out += text),
    err: (text: string) => void (texts.err += text),
  };
  const code = await inventory({ sources: ["hosts.yml"], ...options }, { cwd, home: "/home/me", io });
  return { code, ...texts };
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

test("the graph has the selected hosts in their groups, and no empty groups", async () => {
  const { out } = await run({ graph: true, limit: "web1:here" });
  expect(out).toBe("all:\n  prod:\n    web:\n      web1\n    here\n");
});

test("JSON has all that is known but what is secret", async () => {
  const { code, out } = await run({ json: true, limit: "web1" });
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    groups: { all: ["web1"], web: ["web1"], prod: ["web1"], win: [] },
    hosts: {
      web1: {
        address: "10.0.0.1",
        port: 2222,
        password: "••••••",
        vars: {
          ansible_user: "ops",
          ansible_password: "••••••",
          db_password: "••••••",
          tokens: ["••••••"],
          nested: { api_key: "••••••" },
        },
      },
    },
  });
  expect(out).not.toContain("hunter");
});

test.each([
  [{ limit: "wbe" }, 64, "no host or group is called `wbe`\n  → did you mean `web`?\n"],
  [{ sources: [] }, 64, "no inventory was given"],
  [{ sources: ["none.yml"] }, 64, "none.yml: there is no such file"],
  [{ sources: ["web[2:1],"] }, 64, "ends before it begins"],
])("%j: nothing on stdout, the fault on stderr, %i", async (options, code, message) => {
  const result = await run(options);
  expect(result).toMatchObject({ code, out: "" });
  expect(result.err).toContain(message);
});

test("a file with a mistake is shown with its place", async () => {
  writeFileSync(join(cwd, "bad.yml"), "web:\n  host: {}\n");
  expect(await run({ sources: ["bad.yml"] })).toMatchObject({
    code: 65,
    err: expect.stringContaining("2 |   host: {}\n  |   ^^^^\n"),
  });
});
