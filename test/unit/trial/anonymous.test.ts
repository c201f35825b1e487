import { expect, test } from "vitest";
import { anonymizer } from "../../../src/trial/anonymous.ts";

const KNOWN = { hosts: ["web3.prod.test", "web3", "10.0.0.7"], users: ["deploy"], values: ["4711", "card no. 7"] };

test.each([
  [
    "a host by its whole name, and all in its domain",
    "web3.prod.test, a.b.prod.test",
    "host1.example.com, host2.example.com",
  ],
  ["a host by its short name, but no other word", "web3 web34 web3-old myweb3", "host1 web34 web3-old myweb3"],
  ["the same by the same", "10.1.1.1 10.2.2.2 10.1.1.1", "192.0.2.1 192.0.2.2 192.0.2.1"],
  ["networks keep their width", "10.1.0.0/16 via 10.1.0.1", "192.0.2.1/16 via 192.0.2.2"],
  [
    "what every host has stays",
    "127.0.0.1 0.0.0.0 ::1 255.255.255.255 localhost root",
    "127.0.0.1 0.0.0.0 ::1 255.255.255.255 localhost root",
  ],
  ["versions and times stay", "3.10.0-957 12:30:45 1.2.3.4.5 300.1.1.1", "3.10.0-957 12:30:45 1.2.3.4.5 300.1.1.1"],
  ["addresses of IPv6", "[fe80::a:b]:22 2001:DB8:0:1::5", "[2001:db8::1]:22 2001:db8::2"],
  ["addresses of hardware", "52:54:00:AA:bb:01 00:00:00:00:00:00", "02:00:00:00:00:01 00:00:00:00:00:00"],
  [
    "users, and the homes of those that nobody knew",
    "deploy /home/deploy/x /home/eve/y",
    "user1 /home/user1/x /home/user2/y",
  ],
  ["addresses of people", "Ada <ada.l+x@corp.prod.test>", "Ada <person1@example.org>"],
  ["private values, by what has their type", "4711 is card no. 7, 47110 is not", "9000001 is private2, 47110 is not"],
])("%s", (_, text, expected) => {
  expect(anonymizer(KNOWN).text(text)).toBe(expected);
});

test("it tells what it has replaced, and how often, over all texts", () => {
  const { text, replaced } = anonymizer(KNOWN);
  text("web3 and 10.0.0.7");
  text("web3");
  expect(replaced()).toEqual([
    { what: "host name", from: "web3", to: "host1", times: 2 },
    { what: "address", from: "10.0.0.7", to: "192.0.2.1", times: 1 },
  ]);
});
