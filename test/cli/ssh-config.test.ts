import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startSshd, type Sshd } from "../kit/sshd.ts";
import { workshop, type Workshop } from "../kit/workshop.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const BOOK = `name: job
title: A job
steps:
  - id: step
    detect: { run: echo stale }
    fix: { risk: low, run: "true" }
`;

let sshd: Sshd;
let shop: Workshop;
beforeAll(async () => {
  sshd = await startSshd();
  shop = await workshop({ "runbooks/job.yml": BOOK });
  await shop.write(".ssh/known_hosts", await readFile(join(sshd.dir, "known")));
  const to = `  HostName 127.0.0.1\n  Port ${sshd.port}\n  User root\n  IdentityFile ${sshd.dir}/key\n`;
  await shop.write("elsewhere", `Host web1.invalid\n${to}`);
  await shop.write(".ssh/config", `Host home.invalid\n${to}\nHost behind.invalid\n${to}  ProxyJump home.invalid\n`);
});
afterAll(async () => {
  await shop[Symbol.asyncDispose]();
  await sshd[Symbol.asyncDispose]();
});

test("hosts are reached as ~/.ssh/config says, also through others, unless another file or none is named", async () => {
  const usual = await shop.run("ping", "-i", "home.invalid,behind.invalid,");
  expect({ exit: usual.exit, err: usual.err }).toEqual({ exit: 0, err: "" });
  const none = await shop.run("ping", "-i", "home.invalid,", "--ssh-config", "none");
  expect({ exit: none.exit, out: none.out }).toEqual({ exit: 4, out: expect.stringContaining("no such host") });
  const gone = await shop.run("ping", "-i", "home.invalid,", "--ssh-config", "gone");
  expect(gone.out).toContain("ssh's configuration gone is not there");
  expect((await shop.run("ping", "-i", "web1.invalid,", "--ssh-config", "elsewhere")).exit).toBe(0);
});

test("a run that is resumed reads the same configuration again", async () => {
  const { out } = await shop.run("run", "job", "-i", "web1.invalid,", "--ssh-config", "elsewhere");
  expect(out).toContain("stale");
  const { out: cards } = await shop.run("approvals", "last", "--json");
  const [, digest = ""] = /"digest":"(\w+)"/.exec(cards) ?? [];
  await shop.write("elsewhere", "Host *\n  ProxyCommand nc %h %p\n");
  const resumed = await shop.run("approve", "last", "--digest", digest, "--resume");
  expect(resumed.out).toContain("not supported yet: ProxyCommand (ssh's configuration)");
});
