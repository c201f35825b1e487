import { hostname } from "node:os";
import { expect, test } from "vitest";
import { type Target, targetOf } from "../../../src/connect/ssh/target.ts";
import { parseInventory } from "../../../src/language/inventory/inventory.ts";
import { type Fault, isFault } from "../../../src/model/fault.ts";

const HERE = { home: "/home/me", user: "me" };

/** A host `web1` with these variables, and lines of `ssh -G` about it. */
function settled(vars: string, config = "", here: Parameters<typeof targetOf>[2] = HERE): Target | Fault {
  const text = `all: { hosts: { web1: { ${vars} } } }`;
  const source = { kind: "yaml", text, file: "f.yml", directory: "/" } as const;
  const parsed = parseInventory([source], { cwd: "/cwd", home: "/home/me" });
  const host = Array.isArray(parsed) ? undefined : parsed.inventory.hosts.get("web1");
  if (host === undefined) throw new Error(JSON.stringify(parsed));
  const lines = new Map<string, string[]>();
  for (const line of config.split("\n").filter((each) => each !== "")) {
    const name = line.slice(0, line.indexOf(" "));
    lines.set(name, [...(lines.get(name) ?? []), line.slice(name.length + 1)]);
  }
  return targetOf(host, lines, here);
}

function target(...args: Parameters<typeof settled>): Target {
  const made = settled(...args);
  if (isFault(made)) throw new Error(made.message);
  return made;
}

test.each([
  ["ansible_port: 22", "port 2222", { port: 22 }],
  ["", "port 2222", { port: 2222 }],
  ["ansible_user: ops", "user root", { user: "ops" }],
  ["", "user root", { user: "root" }],
  ["", "", { user: "me", port: 22, address: "web1", keyFiles: [] }],
  ["ansible_host: 10.0.0.1", "hostname 10.0.0.2", { address: "10.0.0.2", original: "10.0.0.1" }],
  ["ansible_ssh_common_args: -o HostName=%h.x", "hostname 10.0.0.2", { address: "web1.x" }],
  ["ansible_ssh_common_args: -o IdentitiesOnly=no", "identitiesonly yes", { identitiesOnly: false }],
  ["", "identitiesonly yes", { identitiesOnly: true }],
  ["ansible_ssh_common_args: -o StrictHostKeyChecking=no", "stricthostkeychecking true", { hostKeyChecking: "off" }],
  ["", "stricthostkeychecking accept-new", { hostKeyChecking: "accept-new" }],
  [
    "ansible_private_key_file: /a",
    "identityfile ~/b\nidentityfile c d",
    { keyFiles: ["/a", "/home/me/b", `${process.cwd()}/c d`] },
  ],
  ["", "userknownhostsfile ~/.ssh/a /b", { userKnownHosts: ["/home/me/.ssh/a", "/b"] }],
])("{ %s } and %j", (vars, config, expected) => {
  expect(target(vars, config)).toMatchObject(expected);
});

test("what ssh would write out in a path is written out once the host is known", () => {
  const all = "identityfile ~/.ssh/%h_%n_%p_%r_%u_%i_%l_%%_%k\nidentityfile %d/k\nhostname 10.0.0.2\nport 23\nuser ops";
  const { keyFiles } = target("", all);
  const uid = process.getuid?.() ?? "";
  expect(keyFiles).toEqual([`/home/me/.ssh/10.0.0.2_web1_23_ops_me_${uid}_${hostname()}_%_10.0.0.2`, "/home/me/k"]);
});

test("of two ways there the first that is said counts, and the inventory's before the configuration's", () => {
  expect(target("ansible_ssh_common_args: -J none", "proxycommand nc %h %p").ssh.jumps).toEqual([]);
  expect(target("ansible_ssh_common_args: -J a", "proxyjump b").ssh.jumps).toEqual(["a"]);
  expect(target("", "proxyjump b,ops@c:23").ssh.jumps).toEqual(["b", "ops@c:23"]);
  expect(target("", "proxycommand none").ssh.jumps).toEqual([]);
  expect(target("", "proxycommand /usr/bin/ssh -l ops -W [%h]:%p b").ssh).toMatchObject({
    jumps: ["b"],
    jumpSettings: { user: "ops" },
  });
});

test.each([
  ["proxycommand nc %h %p", "ProxyCommand"],
  ["pkcs11provider /x.so", "PKCS11Provider"],
  ["preferredauthentications gssapi-with-mic,hostbased", "gssapi-with-mic, hostbased alone"],
  ["ciphers none-that-we-have", "Ciphers"],
  ["connecttimeout soon", "connecttimeout"],
])("%s is refused with the host's name", (config, words) => {
  const fault = settled("", config);
  expect(fault).toMatchObject({ kind: "unreachable", where: "web1", message: expect.stringContaining(words) });
});

test("options of a newer ssh, and those that change nothing, are passed over", () => {
  const config =
    "somethingnew yes\nloglevel DEBUG\nsendenv LANG\nhost web1\ngssapiauthentication yes\npubkeyauthentication false";
  expect(target("", config).ssh).toMatchObject({ lacking: ["gssapiauthentication"], publicKeys: false });
});

test("the command line may learn keys though a configuration is strict, but not though an inventory is", () => {
  const here = { ...HERE, acceptNewHostKeys: true };
  expect(target("", "stricthostkeychecking true", here).hostKeyChecking).toBe("accept-new");
  const strict = target("ansible_ssh_common_args: -o StrictHostKeyChecking=yes", "", here);
  expect(strict.hostKeyChecking).toBe("strict");
});
