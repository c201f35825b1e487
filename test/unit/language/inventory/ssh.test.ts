import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readSshArguments } from "../../../../src/language/inventory/ssh.ts";
import type { SshOptions } from "../../../../src/language/inventory/ssh-options.ts";
import { splitWords } from "../../../../src/language/inventory/words.ts";

const DIRECTORIES = { cwd: "/cwd", home: "/home/me", inventory: "/my inv" };

function read(line: string, options: SshOptions = {}): { options: SshOptions; messages: readonly string[] } {
  const refusals = readSshArguments(line, options, DIRECTORIES);
  return { options, messages: refusals.map(({ message }) => message) };
}

describe("options that are read", () => {
  test.each([
    ["", {}],
    ["-o Port=2222", { port: 2222 }],
    ["-oPort=2222", { port: 2222 }],
    ["-o 'Port 2222'", { port: 2222 }],
    ['-o "port = 2222"', { port: 2222 }],
    ["-o User=ops", { user: "ops" }],
    ["-o IdentitiesOnly=yes", { identitiesOnly: true }],
    ["-o IdentitiesOnly=No", { identitiesOnly: false }],
    ["-o StrictHostKeyChecking=yes", { hostKeyChecking: "strict" }],
    ["-o StrictHostKeyChecking=ask", { hostKeyChecking: "strict" }],
    ["-o StrictHostKeyChecking=accept-new", { hostKeyChecking: "accept-new" }],
    ["-o StrictHostKeyChecking=no", { hostKeyChecking: "off" }],
    ["-o stricthostkeychecking=off", { hostKeyChecking: "off" }],
    ["-o UserKnownHostsFile=/dev/null", { userKnownHosts: ["/dev/null"] }],
    ["-o UserKnownHostsFile=none", { userKnownHosts: [] }],
    ["-o 'UserKnownHostsFile ~/a b /c'", { userKnownHosts: ["/home/me/a", "/cwd/b", "/c"] }],
    [`-o 'UserKnownHostsFile="/a b" /c'`, { userKnownHosts: ["/a b", "/c"] }],
    ["-o UserKnownHostsFile={{ inventory_dir }}/known_hosts", { userKnownHosts: ["/my inv/known_hosts"] }],
    ["-oGlobalKnownHostsFile=/g -o IdentityFile=~/k", { globalKnownHosts: ["/g"], keyFiles: ["/home/me/k"] }],
    ["-o IdentityFile=/a -o IdentityFile=/b", { keyFiles: ["/a", "/b"] }],
    ["-o IdentityFile=none", { keyFiles: [] }],
    [`-o ProxyCommand="ssh -W %h:%p -q ops@bastion"`, { jumps: ["ops@bastion"], jumpSettings: {} }],
    [
      `-o 'ProxyCommand="exec /usr/bin/ssh" -p 2222 -i ~/k -o StrictHostKeyChecking=no -J a bastion -qW [%h]:%p'`.replaceAll(
        '"',
        "",
      ),
      {
        jumps: ["bastion"],
        jumpSettings: { port: 2222, keyFiles: ["/home/me/k"], hostKeyChecking: "off", jumps: ["a"] },
      },
    ],
    ["-o ProxyJump=a -o ProxyCommand='ssh -W %h:%p b'", { jumps: ["a"] }],
    ["-o ProxyJump=bastion", { jumps: ["bastion"] }],
    ["-J root@a:2222,ssh://b,c -o Port=1", { jumps: ["root@a:2222", "b", "c"], port: 1 }],
    ["-o ProxyJump=none -o 'ProxyCommand nc %h %p' -J b", { jumps: [] }],
    ["-o ProxyCommand=none -J b", { jumps: [] }],
    [
      "-i ~/key -p 23 -lops -qtt -vvv -F ~/cfg",
      { keyFiles: ["/home/me/key"], port: 23, user: "ops", configFile: "/home/me/cfg" },
    ],
    ["-4A", { addressFamily: "inet", forwardAgent: "yes" }],
    ["-aoPort=3", { forwardAgent: "no", port: 3 }],
    ["-S none -E log -e none", {}],
    ["-o ControlMaster=auto -o ControlPersist=60s -o 'ControlPath ~/.ssh/%C'", {}],
    ["-o IdentityFile=%d/key -o IdentityFile=~/%h", { keyFiles: ["%d/key", "/home/me/%h"] }],
    ["-o ConnectTimeout=1m30 -o ServerAliveInterval=5", { connectTimeout: 90, aliveInterval: 5 }],
    ["-o PreferredAuthentications=publickey,Password", { methods: ["publickey", "password"] }],
    ["-o IdentityAgent=SSH_AUTH_SOCK -o IdentityAgent=~/a", { identityAgent: "SSH_AUTH_SOCK" }],
    ["-o GSSAPIAuthentication=yes -o HostbasedAuthentication=no", { lacking: ["GSSAPIAuthentication"] }],
    ["-o KexAlgorithms=+diffie-hellman-group1-sha1", { kex: "+diffie-hellman-group1-sha1" }],
    ["-o Port=1 -o Port=2 -o User=a -oUser=b", { port: 1, user: "a" }],
    ["  -o   Port=1\n-o User=a  ", { port: 1, user: "a" }],
  ])("%s", (line, expected) => {
    expect(read(line)).toEqual({ options: expected, messages: [] });
  });

  test("what was said before stays, and key files add up", () => {
    const { options } = read("-o Port=2 -o IdentityFile=/b", { port: 1, keyFiles: ["/a"] });
    expect(options).toEqual({ port: 1, keyFiles: ["/a", "/b"] });
  });
});

describe("what is refused, by its name", () => {
  test.each([
    ["-oProxyCommand='nc %h %p'", ["not supported yet: ProxyCommand"]],
    ["-oProxyCommand='ssh -W other:22 bastion'", ["not supported yet: ProxyCommand"]],
    ["-oProxyCommand='ssh bastion nc %h %p'", ["not supported yet: ProxyCommand"]],
    ["-oProxyCommand='ssh -W %h:%p bastion 2>/dev/null'", ["not supported yet: ProxyCommand"]],
    ["-oProxyCommand='ssh -W %h:%p -L 1:a:1 bastion'", ["not supported yet: ProxyCommand"]],
    ["-o constructor=1", ["not supported yet: constructor"]],
    ["-I /usr/lib/opensc.so -L 80:a:80", ["not supported yet: PKCS11Provider", "not supported yet: -L"]],
    ["-J 'a b'", ["ProxyJump: expected hosts as [user@]host[:port], with commas between them, got `a b`"]],
    ["-Z -i", ["not supported yet: -Z", "`-i` has no value after it"]],
    ["-o ConnectTimeout=soon", ["ConnectTimeout: expected a time, such as 10 or 1m30s, got `soon`"]],
    ["host", ["not supported yet: host"]],
    ["-o", ["`-o` has no option after it"]],
    ["-o Port", ["Port has no value"]],
    ["-o Port=", ["Port has no value"]],
    ["-o Port=ssh", ["Port: expected a number from 1 to 65535, got `ssh`"]],
    ["-o 'Port 1 2'", ["Port: expected one value (in quotes if it holds spaces), got `1 2`"]],
    ["-o IdentitiesOnly=maybe", ["IdentitiesOnly: expected yes or no, got `maybe`"]],
    ["-o StrictHostKeyChecking=toString", ["StrictHostKeyChecking: expected yes, no or accept-new, got `toString`"]],
    ["-o User=-x", ["User: the user's name begins with a dash"]],
    ["-o 'Port=1", ["a quote is not closed"]],
    [`-o 'IdentityFile="a'`, ["IdentityFile: a quote is not closed"]],
    ["-o IdentityFile=%C/key", ["IdentityFile: not supported yet: %C in a path"]],
    ["-o IdentityFile={{ key }}", ["not supported yet: the template {{ key }}"]],
    ["-o User={{ inventory_dir }}", ["User: not supported yet: the template {{ inventory_dir }} in this place"]],
    ["-o Port={{ inventory_dir }}", ["Port: not supported yet: the template {{ inventory_dir }} in this place"]],
  ])("%s", (line, messages) => {
    expect(read(line).messages).toEqual(messages);
  });
});

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

describe("words", () => {
  test.each([
    ["a b", ["a", "b"]],
    [`'a b' "c d" e\\ f`, ["a b", "c d", "e f"]],
    [`a'b'"c"d`, ["abcd"]],
    [`"a\\"b" '\\n' "\\n"`, ['a"b', "\\n", "\\n"]],
    [`'' ""`, ["", ""]],
    ["", []],
    ["'a", undefined],
    ['"a', undefined],
    ["a\\", undefined],
  ])("%s", (line, words) => {
    expect(splitWords(line)).toEqual(words);
  });

  test("what a shell's quotes hold comes back", () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (words) => {
        expect(splitWords(words.map(quote).join(" "))).toEqual(words);
      }),
    );
  });
});
