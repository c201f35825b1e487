import { existsSync, readdirSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { workshop } from "../kit/workshop.ts";

const RUNBOOK = (directory: string): string => `
name: seen
title: It is seen
inputs:
  token: { type: string, secret: true }
  peer: { type: string, default: none }
  wait: { type: duration, default: 1s }
facts:
  kernel: uname -r
steps:
  - id: look
    detect:
      run: |
        echo "the token is $token, as $peer knows" >&2
        printf '%s\\t%s\\t%s\\n' "$(uname -n) 10.20.30.40 and 10.20.30.40 at fe80::1:2" 4711 "/home/ada/x of ada@corp.test"
      findings: { what: string, card: { type: string, private: true }, where: string }
    fix:
      risk: low
      preview: echo "would mend $(uname -n), web3.prod.test and db9.prod.test"
      guard: touch ${directory}/guarded
      run: touch ${directory}/fixed
  - id: torn
    detect:
      run: echo half a line
      findings: { what: string, card: { type: string, private: true } }
  - id: skipped
    applies: '[ -e /nonexistent ] || { echo "not here"; exit 1; }'
    detect: { run: exit 1 }
  - id: hidden
    on: controller
    detect: { run: 'touch ${directory}/controlled' }
`;

const INVENTORY = `
all:
  hosts:
    web3.prod.test: { ansible_connection: local }
    db1.prod.test: {}
`;

test("a case is made from a real host: nothing is written there, and nothing tells which host it was", async () => {
  await using shop = await workshop({ "hosts.yml": INVENTORY });
  await shop.write("seen.yml", RUNBOOK(shop.directory));
  const record = ["test", "--record", "web3.prod.test", "-i", "hosts.yml", "seen.yml", "--input", "token=env:TOKEN"];
  const { exit, out, err } = await shop.runWith(
    { TOKEN: "hunter2-and-more" },
    ...record,
    "--input",
    "peer=db1.prod.test",
    "--input",
    "wait=2m",
  );
  expect(err).toBe("");
  expect(exit).toBe(0);
  const [file = ""] = readdirSync(join(shop.directory, "seen.cases"));
  expect(out).toContain(`✓ seen.cases/${file}\n`);
  expect(out).toContain("    address  10.20.30.40 → 192.0.2.1  (2×)\n");
  expect(out.split("\n").filter((line) => line.includes("could not be judged"))).toEqual([
    "→ What torn printed could not be judged: values of its private columns are in the file as they are.",
  ]);
  const path = join(shop.directory, "seen.cases", file);
  const text = await readFile(path, "utf8");
  const leaks = [hostname(), "prod.test", "10.20.30.40", "fe80", "ada", "4711", "hunter2"];
  expect(leaks.filter((leak) => text.includes(leak))).toEqual([]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(["guarded", "fixed", "controlled"].filter((name) => existsSync(join(shop.directory, name)))).toEqual([]);

  const played = await shop.run("test", "seen.yml");
  expect(played.out).toContain("✓ 1 case as expected");

  await shop.runWith({ TOKEN: "x-and-y-and-z" }, ...record);
  expect(readdirSync(join(shop.directory, "seen.cases"))).toHaveLength(2);
  expect(await readFile(path, "utf8")).toBe(text);
});

test("a case lies beside its runbook, wherever that is", async () => {
  const seen = "name: seen\ntitle: It is seen\nsteps: [{ id: look, detect: { run: echo it } }]\n";
  await using library = await workshop({ "seen.yml": seen });
  await using shop = await workshop({ "hosts.yml": INVENTORY });
  const path = join(library.directory, "seen.yml");
  const { exit, err } = await shop.run("test", "--record", "web3.prod.test", "-i", "hosts.yml", path);
  expect({ exit, err }).toEqual({ exit: 0, err: "" });
  expect(readdirSync(join(library.directory, "seen.cases"))).toHaveLength(1);
  expect(readdirSync(shop.directory)).toEqual(["hosts.yml"]);
});

test("a case is recorded on one host, for one runbook, where that can be reached", async () => {
  const hosts = `${INVENTORY}    gone: { ansible_host: 127.0.0.1, ansible_port: 1 }\n`;
  await using shop = await workshop({ "hosts.yml": hosts, "seen.yml": RUNBOOK("/nonexistent") });
  const told = async (...args: readonly string[]): Promise<string> => {
    const { exit, err, out } = await shop.runWith(
      { T: "abcdef" },
      "test",
      "-i",
      "hosts.yml",
      "--input",
      "token=env:T",
      ...args,
    );
    expect(out).toBe("");
    return `${exit} ${err.split("\n", 1).join("")}`;
  };
  expect(await told("--record", "all", "seen.yml")).toBe("64 `all` is 3 hosts, and a case is recorded on one");
  expect(await told("--record", "web3.prod.test")).toBe("64 a case is recorded for one runbook");
  expect(await told("--record", "gone", "seen.yml")).toMatch(/^4 gone: .*refused/);
  expect(existsSync(join(shop.directory, "seen.cases"))).toBe(false);
});
