import { describe, expect, test } from "vitest";
import { parseInventory } from "../../../../src/language/inventory/inventory.ts";
import type { Fault } from "../../../../src/model/fault.ts";
import type { Host } from "../../../../src/model/inventory.ts";

const PLACE = { cwd: "/cwd", home: "/home/me" };

function read(vars: string): ReturnType<typeof parseInventory> {
  return parseInventory(
    [{ kind: "yaml", text: `web: {hosts: {h: {${vars}}}}\n`, file: "f.yml", directory: "/my inv" }],
    PLACE,
  );
}

/** The only host, made of these variables in YAML's flow form. */
function host(vars: string): Host {
  const parsed = read(vars);
  const found = Array.isArray(parsed) ? undefined : parsed.inventory.hosts.get("h");
  if (found === undefined) throw new Error(JSON.stringify(parsed));
  return found;
}

/** The faults of these variables, or why the host is refused. */
function refusals(vars: string): readonly Fault[] {
  const parsed = read(vars);
  if (Array.isArray(parsed)) return parsed;
  return [...parsed.inventory.hosts.values()].flatMap(({ refused }) => refused ?? []);
}

test.each(["cmd", "powershell"] as const)("a host runs Windows where its shell is %s", (shell) => {
  expect(host(`ansible_shell_type: ${shell}, ansible_become: no`).windows).toBe(shell);
  expect(host("ansible_shell_type: sh").windows).toBeUndefined();
});

test("an inventory that is silent leaves everything to the defaults", () => {
  expect(host("")).toEqual({
    name: "h",
    groups: ["all", "web"],
    vars: {},
    connection: "ssh",
    address: "h",
    port: 22,
    user: undefined,
    password: undefined,
    keyFiles: [],
    identitiesOnly: false,
    userKnownHosts: undefined,
    globalKnownHosts: undefined,
    hostKeyChecking: undefined,
    become: undefined,
    becomeUser: undefined,
    becomePassword: undefined,
  });
});

describe("variables of a connection", () => {
  test.each([
    ["ansible_host: 10.0.0.1", { address: "10.0.0.1" }],
    ["ansible_host: '2001:db8::1'", { address: "2001:db8::1" }],
    ["ansible_ssh_host: old", { address: "old" }],
    ["ansible_host: new, ansible_ssh_host: old", { address: "old" }],
    ["ansible_host: new, ansible_ssh_host: null", { address: "new" }],
    ["ansible_host: ''", { address: "h" }],
    ["ansible_port: 2222", { port: 2222 }],
    ["ansible_port: '2222'", { port: 2222 }],
    ["ansible_ssh_port: 2222, ansible_port: 1", { port: 2222 }],
    ["ansible_port: null", { port: 22 }],
    ["ansible_user: ops", { user: "ops" }],
    ["ansible_ssh_user: ops", { user: "ops" }],
    ["ansible_connection: local", { connection: "local" }],
    ["ansible_connection: smart", { connection: "ssh" }],
    ["ansible_connection: paramiko", { connection: "ssh" }],
    ["ansible_connection: ansible.builtin.local", { connection: "local" }],
    ["ansible_become: yes", { become: true }],
    ["ansible_become: 'False'", { become: false }],
    ["ansible_become: 1", { become: true }],
    ["ansible_become_user: app, ansible_become_method: sudo", { becomeUser: "app" }],
    ["ansible_become_user: app, ansible_sudo_user: root, ansible_su_user: other", { becomeUser: "root" }],
    ["ansible_become_flags: '-H -S -n', ansible_become_exe: sudo", {}],
    ["ansible_become_method: su", { becomeMeans: { method: "su", program: "su", flags: [] } }],
    [
      "ansible_become_method: ansible.builtin.su, ansible_su_user: app, ansible_su_flags: '- -s /bin/bash -m'",
      { becomeUser: "app", becomeMeans: { method: "su", program: "su", flags: ["-", "-m"] } },
    ],
    [
      "ansible_become_method: community.general.doas, ansible_doas_exe: /opt/bin/doas",
      { becomeMeans: { method: "doas", program: "/opt/bin/doas", flags: [] } },
    ],
    [
      "ansible_sudo_exe: sudo-rs, ansible_become_flags: -HEi -r sysadm_r --type 'a t'",
      { becomeMeans: { method: "sudo", program: "sudo-rs", flags: ["-E", "-i", "-r", "sysadm_r", "--type", "a t"] } },
    ],
    ["ansible_private_key_file: /k", { keyFiles: ["/k"] }],
    ["ansible_ssh_private_key_file: ~/.ssh/k", { keyFiles: ["/home/me/.ssh/k"] }],
    ["ansible_ssh_private_key_file: keys/k", { keyFiles: ["/cwd/keys/k"] }],
    ["ansible_ssh_private_key_file: ./k", { keyFiles: ["/cwd/k"] }],
    ["ansible_ssh_private_key_file: '{{ inventory_dir }}/k'", { keyFiles: ["/my inv/k"] }],
    ["ansible_ssh_private_key_file: '{{inventory_dir}}/k'", { keyFiles: ["/my inv/k"] }],
    ["ansible_host_key_checking: no", { hostKeyChecking: "off" }],
    ["ansible_host_key_checking: yes", { hostKeyChecking: undefined }],
    [
      "ansible_connection: local, ansible_ssh_common_args: -o ProxyJump=b, ansible_ssh_private_key_file: '{{ k }}'",
      { keyFiles: [] },
    ],
    ["ansible_become_exe: '', ansible_shell_type: sh", {}],
    ["motd: '{{ anything }}', ansible_python_interpreter: '{{ python }}'", {}],
  ])("%s", (vars, expected) => {
    expect(host(vars)).toMatchObject(expected);
    expect(host(vars)).not.toHaveProperty("refused");
  });
});

describe("passwords", () => {
  test.each([
    ["ansible_password: s3cret", "password"],
    ["ansible_ssh_pass: s3cret", "password"],
    ["ansible_become_password: s3cret", "becomePassword"],
    ["ansible_become_pass: s3cret", "becomePassword"],
    ["ansible_sudo_pass: s3cret", "becomePassword"],
  ] as const)("%s is known to us and shown to nobody", (vars, property) => {
    const made = host(vars);
    expect(made[property]?.reveal()).toBe("s3cret");
    expect(JSON.stringify(made)).not.toContain("s3cret");
    expect(Object.values(made.vars).join(" ")).toBe("••••••");
  });

  test("of becoming another user is the method's own where it has one", () => {
    const both = "ansible_become_pass: common, ansible_sudo_pass: sudo, ansible_su_pass: su";
    expect(host(both).becomePassword?.reveal()).toBe("sudo");
    expect(host(`ansible_become_method: su, ${both}`).becomePassword?.reveal()).toBe("su");
    expect(host(`ansible_become_method: doas, ${both}`).becomePassword?.reveal()).toBe("common");
  });

  test("no fault's excerpt shows one, be it of its own line or of another", () => {
    const found = refusals("ansible_password: 12345678, ansible_port: x, ansible_become_pass: [s3cret]");
    expect(found).toHaveLength(3);
    expect(JSON.stringify(found)).not.toMatch(/12345678|s3cret/);
  });

  test("nor does a file that cannot be read as YAML", () => {
    const parsed = parseInventory(
      [{ kind: "yaml", text: "web: {ansible_password: s3cret: x}\n", file: "f", directory: "/" }],
      PLACE,
    );
    expect(parsed).toMatchObject([{ kind: "invalid-file", where: expect.stringMatching(/^f:1:/) }]);
    expect(JSON.stringify(parsed)).not.toContain("s3cret");
  });
});

describe("what does not do is told by name", () => {
  test.each([
    ["ansible_port: abc", "h: `ansible_port`: expected a port, 1 to 65535, got `abc`"],
    ["ansible_port: 0", "got the number 0"],
    ["ansible_port: 22.5", "got the number 22.5"],
    ["ansible_port: [22]", "got a list"],
    ["ansible_user: yes", "h: `ansible_user`: expected a text, got the boolean true"],
    ["ansible_user: '-oProxyCommand=x'", "begins with a dash"],
    ["ansible_user: 'a b'", "holds a space"],
    ["ansible_host: 10.1", "expected a text, got the number 10.1"],
    ["ansible_host: '-oProxyCommand=x'", "begins with a dash"],
    ["ansible_host: 'a;b'", "holds `;`"],
    ["ansible_password: 12345", "h: `ansible_password`: expected a text, got number"],
    ["ansible_become: maybe", "expected yes or no, got `maybe`"],
    ["ansible_become: 2", "expected yes or no, got the number 2"],
    ["ansible_ssh_private_key_file: [a]", "expected the path of a file, got a list"],
    ["ansible_ssh_common_args: [a]", "expected a text, got a list"],
  ])("%s", (vars, message) => {
    const parsed = read(vars);
    expect(parsed).toMatchObject([
      {
        kind: "invalid-file",
        message: expect.stringContaining(message),
        where: expect.stringMatching(/^f\.yml:1:\d+$/),
      },
    ]);
  });

  test.each([
    ["ansible_connection: winrm", "h: `ansible_connection`: not supported yet: the connection winrm"],
    ["ansible_connection: docker", "the connection docker"],
    ["ansible_connection: toString", "the connection toString"],
    ["ansible_shell_type: fish", "not supported yet: the shell type fish"],
    ["ansible_shell_type: cmd, ansible_connection: local", "the shell type cmd on this machine"],
    ["ansible_shell_type: cmd, ansible_become: yes", "becoming another user on Windows"],
    ["ansible_become_method: runas", "not supported yet: the become method runas"],
    ["ansible_become_flags: -Hb", "not supported yet: `-b` of sudo"],
    ["ansible_become_flags: -g", "not supported yet: `-g` of sudo"],
    ['ansible_become_flags: "-u \'x"', "not supported yet: `-u 'x` of sudo"],
    ["ansible_become_method: su, ansible_su_flags: -s /bin/csh", "not supported yet: `-s /bin/csh` of su"],
    ["ansible_become_method: doas, ansible_become_flags: -n -s", "not supported yet: `-s` of doas"],
    ["ansible_become_exe: sudo su -", "not supported yet: `sudo su -` in place of the program"],
    ["ansible_sudo: yes", "not supported yet: ansible_sudo"],
    ["ansible_host: '{{ ip }}'", "h: `ansible_host`: not supported yet: a template"],
    ["ansible_user: 'x{% if a %}'", "not supported yet: a template"],
    ["ansible_password: '{{ vault }}'", "not supported yet: a template"],
    ["ansible_ssh_private_key_file: '{{ home }}/k'", "not supported yet: the template {{ home }}"],
    [
      "ansible_ssh_private_key_file: '/a/{{ inventory_dir }}/k'",
      "not supported yet: the template {{ inventory_dir }} in this place",
    ],
    ["ansible_ssh_private_key_file: ~root/k", "not supported yet: another user's home"],
    ["ansible_ssh_private_key_file: /k/%C", "not supported yet: %C in a path"],
  ])("%s: known, and refused when the host is selected", (vars, message) => {
    expect(Array.isArray(read(vars))).toBe(false);
    expect(refusals(vars)).toMatchObject([
      { message: expect.stringContaining(message), hint: expect.stringMatching(/./) },
    ]);
  });
});

test("what is said of SSH beside addresses, users and keys is kept, and also the usual where it is said expressly", () => {
  expect(host("ansible_port: 2222, ansible_user: ops").ssh).toBeUndefined();
  expect(host("ansible_port: 22").ssh).toEqual({ port: 22 });
  expect(host("ansible_ssh_common_args: -J bastion -o IdentitiesOnly=no -i none").ssh).toEqual({
    jumps: ["bastion"],
    identitiesOnly: false,
    keyFiles: [],
  });
  expect(host("ansible_connection: local, ansible_ssh_common_args: -J bastion").ssh).toBeUndefined();
});

test("an old server is one by name, and a slip of the pen is no other server", () => {
  expect(host("runbook_compat: xenserver65").compat).toBe("xenserver65");
  expect(host("runbook_compat: el5, ansible_connection: local").compat).toBeUndefined();
  expect(refusals("runbook_compat: el-5")[0]).toMatchObject({ hint: "did you mean `el5`?" });
  expect(refusals("runbook_compat: windows2000")[0]?.hint).toBe("write el6, xenserver65, el5, or leave it out");
  expect(refusals("runbook_compt: el5")[0]?.hint).toContain("`runbook_compat`");
});

describe("the connection by the system's ssh", () => {
  test("is a word of our own, which counts before Ansible's", () => {
    expect(host("runbook_connection: openssh").connection).toBe("openssh");
    expect(host("runbook_connection: openssh, ansible_connection: local").connection).toBe("openssh");
    expect(host("runbook_connection: local, ansible_connection: winrm")).toMatchObject({ connection: "local" });
    expect(host("runbook_connection: openssh, ansible_connection: winrm")).not.toHaveProperty("refused");
    expect(refusals("runbook_connection: opensssh")[0]).toMatchObject({ hint: "did you mean `openssh`?" });
    expect(refusals("runbook_connection: toString")[0]?.hint).toBe("write ssh, openssh, local, or leave it out");
    expect(refusals("ansible_connection: openssh")[0]).toMatchObject({ hint: "write `runbook_connection: openssh`" });
  });

  test("gets lines of arguments word by word, around what the variables say, and refuses nothing of them", () => {
    const args = "ansible_ssh_args: -C -oBatchMode=no, ansible_ssh_extra_args: -X";
    const common = `ansible_ssh_common_args: "-o 'ProxyCommand=nc %h %p' -F {{ inventory_dir }}/ssh -o Port=1"`;
    expect(host(`runbook_connection: openssh, ansible_port: 22, ${args}, ${common}`)).toMatchObject({
      port: 22,
      ssh: { port: 22 },
      keyFiles: [],
      sshArguments: {
        before: ["-C", "-oBatchMode=no"],
        after: ["-o", "ProxyCommand=nc %h %p", "-F", "/my inv/ssh", "-o", "Port=1", "-X"],
      },
    });
    expect(host("runbook_connection: openssh, ansible_ssh_common_args: '-o X={{ y }}'")).toHaveProperty("refused");
    const open = read(`runbook_connection: openssh, ansible_ssh_common_args: "'"`);
    expect(open).toMatchObject([{ message: expect.stringContaining("a quote is not closed") }]);
    expect(host("ansible_ssh_common_args: -o ProxyJump=b")).not.toHaveProperty("sshArguments");
  });
});
