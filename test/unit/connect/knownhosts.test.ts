import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  fingerprint,
  judgeKey,
  keysOf,
  keyType,
  knownName,
  parseKnownHosts,
} from "../../../src/connect/hostkeys/knownhosts.ts";

const dir = mkdtempSync(join(tmpdir(), "rb-known-"));
const file = join(dir, "known_hosts");
let one = "";
let two = "";
let rsa = "";

function makeKey(name: string, type = "ed25519"): string {
  execFileSync("ssh-keygen", ["-q", "-t", type, "-N", "", "-C", "", "-f", join(dir, name)]);
  return readFileSync(join(dir, `${name}.pub`), "utf8").trim();
}

beforeAll(() => {
  one = makeKey("one");
  two = makeKey("two");
  rsa = makeKey("three", "rsa");
});
afterAll(() => rmSync(dir, { recursive: true }));

const blobOf = (key: string): Buffer => Buffer.from(key.split(" ")[1] ?? "", "base64");

/** The line numbers that OpenSSH finds for a name. */
function linesByOpenSsh(text: string, name: string): readonly number[] {
  writeFileSync(file, text);
  const found = spawnSync("ssh-keygen", ["-F", name, "-f", file], { encoding: "utf8" });
  return [...found.stdout.matchAll(/found: line (\d+)/g)].map(([, line]) => Number(line));
}

function linesByUs(text: string, address: string, port: number): readonly number[] {
  const found = keysOf(parseKnownHosts(text, "f"), address, port);
  return found.map((key) => Number(key.where.slice(key.where.lastIndexOf(":") + 1)));
}

function hashed(line: string): string {
  writeFileSync(file, `${line}\n`);
  execFileSync("ssh-keygen", ["-q", "-H", "-f", file], { stdio: "ignore" });
  return readFileSync(file, "utf8").trim();
}

function letters(alphabet: string): fc.Arbitrary<string> {
  const letter = fc.constantFrom(...Array.from(alphabet));
  return fc.array(letter, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(""));
}

/** The verdict on web1's key by known_hosts lines. */
function judge(lines: readonly string[], key: string, port = 22): string {
  return judgeKey(keysOf(parseKnownHosts(lines.join("\n"), "f"), "web1", port), blobOf(key)).kind;
}

describe("known_hosts", () => {
  it.each([
    ["web1", 22],
    ["WEB1", 22],
    ["10.0.0.7", 22],
    ["db.example.org", 22],
    ["web1", 2222],
    ["::1", 22],
    ["web12", 22],
  ] as const)("finds the lines for %s port %d that OpenSSH finds", (address, port) => {
    const text = [
      "# a comment",
      "",
      `web1 ${one}`,
      `web1,10.0.0.7,::1 ${two} with a comment`,
      `*.example.org,!db.example.org ${one}`,
      `[web1]:2222 ${two}`,
      `web? ${rsa}`,
      `  web1   ${two}`,
      `@revoked * ${one}`,
      `@cert-authority *.org ${two}`,
      "web1 ssh-ed25519",
      `10.0.*.* ${one}`,
      "nonsense",
      hashed(`web1 ${rsa}`),
      hashed(`[web1]:2222 ${rsa}`),
      hashed(`10.0.0.7 ${rsa}`),
      `web1 ${rsa}`,
    ].join("\n");
    expect(linesByUs(text, address, port)).toEqual(linesByOpenSsh(text, knownName(address, port)));
  });

  it("agrees with OpenSSH on patterns of any make", () => {
    const patterns = fc.array(letters("ab.*?!"), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(patterns, letters("ab."), (list, name) => {
        const text = `${list.join(",")} ${one}\n`;
        expect(linesByUs(text, name, 22)).toEqual(linesByOpenSsh(text, name));
      }),
      { numRuns: 150 },
    );
  });

  it("prints fingerprints and types as ssh-keygen does", () => {
    for (const [name, key] of [["one", one] as const, ["three", rsa] as const]) {
      const [, print] = execFileSync("ssh-keygen", ["-lf", join(dir, `${name}.pub`)], { encoding: "utf8" }).split(" ");
      expect(fingerprint(blobOf(key))).toBe(print);
      expect(keyType(blobOf(key))).toBe(key.split(" ")[0]);
    }
    expect(keyType(Buffer.from("ab"))).toBe("");
    expect(keyType(Buffer.from("ffffffff", "hex"))).toBe("");
  });
});

describe("the verdict on a key", () => {
  it("knows, does not know, or sees a change, in any line and file order", () => {
    expect(judge([`web1 ${one}`], one)).toBe("known");
    expect(judge([`web1 ${two}`, `web1 ${one}`], one)).toBe("known");
    expect(judge([`web2 ${one}`], one)).toBe("unknown");
    expect(judge([], one)).toBe("unknown");
    expect(judge([`web1 ${two}`], one)).toBe("changed");
  });

  it("takes an unknown key of another kind for a change, since a key was known", () => {
    expect(judge([`web1 ${rsa}`], one)).toBe("changed");
  });

  it("lets a revocation win over everything", () => {
    expect(judge([`web1 ${one}`, `@revoked * ${one}`], one)).toBe("revoked");
    expect(judge([`@revoked * ${two}`, `web1 ${one}`], one)).toBe("known");
  });

  it("does not take an authority's key for a host's", () => {
    expect(judge([`@cert-authority * ${one}`], one)).toBe("authority");
    expect(judge([`@cert-authority * ${two}`, `web1 ${one}`], one)).toBe("known");
  });

  it("does not read a line whose key is not of the type it says", () => {
    expect(judge([`web1 ssh-rsa ${one.split(" ")[1]}`], one)).toBe("unknown");
  });

  it("takes a bare name as a second choice on an odd port, but not when that port has its own line", () => {
    expect(judge([`web1 ${one}`], one, 2222)).toBe("known");
    expect(judge([`web1 ${one}`, `[web1]:2222 ${two}`], one, 2222)).toBe("changed");
    expect(judge([`[web1]:2222 ${one}`], one, 22)).toBe("unknown");
  });
});
