import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startOwnEtc, type OwnEtc, type User } from "../kit/own-etc.ts";
import { PASSWORD } from "../kit/user.ts";
import { verdictsOf } from "../kit/shelf.ts";
import { workshop } from "../kit/workshop.ts";

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

let there: OwnEtc;
let dir: string;
beforeAll(async () => {
  there = await startOwnEtc();
  dir = mkdtempSync("/var/tmp/rb-become-");
  chmodSync(dir, 0o777);
});
afterAll(async () => {
  rmSync(dir, { recursive: true });
  await there[Symbol.asyncDispose]();
});

/** Whoever runs a part of it signs with their name. */
const RUNBOOK = `name: sign
title: A setting that does not help
inputs: { file: { type: string } }
steps:
  - id: change
    detect: { run: 'if [ -e "$file" ]; then echo "it is there"; fi' }
    fix:
      risk: low
      preview: echo "preview $(id -un)"
      guard: 'echo "guard $(id -un)" >>"$file.guard"'
      run: 'cp -p "$file" "$keep/before"; echo "fix $(id -un)" >>"$file"'
    verify: { within: 300ms, every: 100ms }
    rollback: { run: 'mv "$keep/before" "$file"; echo "rollback $(id -un)" >>"$file"' }
`;

type Way = { readonly user: User; readonly wanted: string };

test.each<[string, () => Way]>([
  ["sudo", () => ({ user: there.sudoer("USER ALL=(ALL) ALL"), wanted: "root" })],
  ["doas", () => ({ user: there.doer("permit USER"), wanted: "root" })],
  ["su", () => ({ user: there.user(), wanted: there.user().name })],
])("a fix by %s with a password is rolled back by it as well, as the same user", async (method, arrange) => {
  const { user, wanted } = arrange();
  const file = join(dir, method);
  writeFileSync(file, "as it was\n", { mode: 0o666 });
  chmodSync(file, 0o666);
  const vars = {
    ...there.sshd.vars,
    ansible_user: user.name,
    ansible_become: true,
    ansible_become_method: method,
    ansible_become_user: wanted,
    ansible_become_password: PASSWORD,
  };
  await using shop = await workshop({
    "sign.yml": RUNBOOK,
    "hosts.yml": JSON.stringify({ all: { hosts: { web1: vars } } }),
  });
  const given = ["run", "./sign.yml", "-i", "hosts.yml", "--approve", "low", "--state", "state", "--json"];
  const { exit, out, err } = await shop.run(...given, "--input", `file=${file}`);
  expect({ exit, ...verdictsOf(out) }).toEqual({
    exit: 1,
    "web1 change": expect.stringMatching(/^rolled-back: it is still there/),
  });
  expect(readFileSync(file, "utf8")).toBe(`as it was\nrollback ${wanted}\n`);
  expect(readFileSync(`${file}.guard`, "utf8")).toBe(`guard ${wanted}\n`);
  expect(statSync(`${file}.guard`).uid === 0).toBe(wanted === "root");
  expect(out + err).not.toContain(JSON.stringify(PASSWORD).slice(1, -1));
  const [, run] = /"run":"([^"]+)"/.exec(out) ?? [];
  const left = await shop.run("jobs", "-i", "hosts.yml", "--state", "state");
  expect(left.out).not.toContain(run);
});
