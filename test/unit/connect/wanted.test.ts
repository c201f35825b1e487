import { expect, test } from "vitest";
import { unmet, wantedAlgorithms } from "../../../src/connect/ssh/wanted.ts";

const ours = wantedAlgorithms({ kex: "*" }, undefined).kex ?? [];

test("nothing is wanted where nothing is said", () => {
  expect(wantedAlgorithms({}, "el5")).toEqual({});
});

test.each([
  ["curve25519-sha256,sntrup761x25519-sha512", ["curve25519-sha256"]],
  ["ecdh-sha2-nistp256,curve25519-sha256", ["ecdh-sha2-nistp256", "curve25519-sha256"]],
  ["+diffie-hellman-group1-sha1,x", [...ours.filter((name) => !name.endsWith("sha1")), "diffie-hellman-group1-sha1"]],
  ["-ecdh*", ours.filter((name) => !name.endsWith("sha1") && !name.startsWith("ecdh"))],
  ["diffie-hellman-group-exchange-sha256", []],
])("%s", (kex, expected) => {
  expect(wantedAlgorithms({ kex }, undefined).kex).toEqual(expected);
});

test("what goes first goes first, and what has nothing left is named", () => {
  const first = wantedAlgorithms({ ciphers: "^aes256-ctr" }, undefined).cipher;
  expect(first?.[0]).toBe("aes256-ctr");
  expect(first).not.toContain("aes128-cbc");
  expect(unmet(wantedAlgorithms({ macs: "umac-64@openssh.com" }, undefined))).toBe("MACs");
  expect(unmet(wantedAlgorithms({ macs: "hmac-sha1" }, undefined))).toBeUndefined();
});
