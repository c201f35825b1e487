import { beforeAll, afterAll, describe, expect, test } from "vitest";
import { localJob } from "../kit/shelf.ts";
import { workshop, type Workshop } from "../kit/workshop.ts";

const INVENTORY = `all:
  vars: { ansible_connection: local, dir: / }
  children:
    web: { hosts: { web1: {}, web2: {} } }
    db: { hosts: { db1: {}, web2: {} } }
    empty: {}
`;

/** The hosts that were clear. */
const reached = (out: string): string[] =>
  [...out.matchAll(/^(\w+) +step +clear/gm)].map((match) => match[1] ?? "").toSorted();

describe("which hosts", () => {
  let shop: Workshop;
  beforeAll(async () => {
    const top = "hosts: web\ninputs: { dir: { type: string } }\n";
    shop = await localJob('  - id: step\n    detect: { run: "true" }\n', { top });
    await shop.write("hosts.yml", INVENTORY);
  });
  afterAll(() => shop[Symbol.asyncDispose]());

  test.each([
    [[], ["web1", "web2"]],
    [["-l", "db"], ["web2"]],
    [
      ["--hosts", "all"],
      ["db1", "web1", "web2"],
    ],
    [["--hosts", "web:&db"], ["web2"]],
    [
      ["--hosts", "all", "-l", "!web2"],
      ["db1", "web1"],
    ],
  ])("%j", async (options, hosts) => {
    const { exit, out } = await shop.run("run", "job", "-i", "hosts.yml", ...options);
    expect({ exit, reached: reached(out) }).toEqual({ exit: 0, reached: hosts });
  });

  test("RUNBOOK_INVENTORY is the default, and -i wins over it", async () => {
    expect(reached((await shop.runWith({ RUNBOOK_INVENTORY: "hosts.yml" }, "run", "job")).out)).toEqual([
      "web1",
      "web2",
    ]);
    const { exit, err } = await shop.runWith({ RUNBOOK_INVENTORY: "hosts.yml" }, "run", "job", "-i", "gone.yml");
    expect({ exit, err }).toEqual({ exit: 64, err: expect.stringContaining("gone.yml: there is no such file") });
  });

  test.each([
    [["-l", "empty"], /no host/],
    [["-l", "db:!web2"], /no host/],
    [["--hosts", "wbe"], /no host or group is called `wbe`\n {2}→ did you mean `web`\?/],
    [["--hosts", "empty"], /the group `empty` has no hosts\n {2}→ /],
    [["-l", ""], /the host pattern is empty\n {2}→ write `all`/],
    [["-i", ""], /-i: no inventory is named\n {2}→ -i FILE or -i host1,host2,/],
    [["--state", ""], /--state: no directory is named\n {2}→ --state DIR/],
  ])("nothing selected is a mistake, never everything: %j", async (options, words) => {
    const { exit, out, err } = await shop.run("run", "job", "-i", "hosts.yml", ...options);
    expect({ exit, out, err }).toEqual({ exit: 64, out: "", err: expect.stringMatching(words) });
  });

  test("no inventory says how to name one; host1,host2, is one, and replaces the runbook's pattern", async () => {
    expect(await shop.run("run", "job")).toEqual({
      exit: 64,
      out: "",
      err: "no inventory was given\n  → -i FILE or -i host1,host2, names one\n",
    });
    // Nobody listens on port 1 of these: both must be tried all the same.
    const { exit, out } = await shop.run("run", "job", "-i", "127.0.0.1:1,127.0.0.2:1,", "--input", "dir=/");
    expect(exit).toBe(4);
    expect(out).toMatch(/2 unknown/);
    expect(out).toContain("2 hosts of 127.0.0.1:1,127.0.0.2:1, 1 step");
  });

  test("--hosts wins over a list as well, and a file with a comma in its name is a file", async () => {
    const list = ["-i", "127.0.0.1:1,127.0.0.2:1,", "--input", "dir=/"] as const;
    expect((await shop.run("run", "job", ...list, "--hosts", "127.0.0.2")).out).toContain("1 host of");
    await shop.write("a,b.yml", INVENTORY);
    expect(reached((await shop.run("run", "job", "-i", "a,b.yml")).out)).toEqual(["web1", "web2"]);
  });

  test("what a file holds cannot act on the terminal", async () => {
    await shop.write("evil.yml", 'web: { hosts: { "\\e[31m\\x9bred": { ansible_port: "\\e[31m" } } }\n');
    const { exit, err } = await shop.run("run", "job", "-i", "evil.yml");
    expect(exit).toBe(65);
    expect(err).toContain("\\x1b[31m");
    expect(err).not.toMatch(/[\u001B\u009B]/);
  });
});

describe("which runbook", () => {
  const STEP = '  - id: step\n    detect: { run: "true" }\n';
  const file = (title: string): string => `name: job\ntitle: ${title}\nsteps:\n${STEP}`;

  test("one name in two places means none, and both are told; a path means that file", async () => {
    await using shop = await localJob(STEP, {
      files: { "more/job.yml": file("Other"), "more/only.yml": file("Only") },
    });
    const env = { RUNBOOK_PATH: "more" };
    expect(await shop.runWith(env, "run", "job", "-i", "hosts.yml")).toEqual({
      exit: 64,
      out: "",
      err: "`job` means two different files: runbooks/job.yml and more/job.yml\n  → give the path of the one that is meant\n",
    });
    expect((await shop.runWith(env, "run", "more/job.yml", "-i", "hosts.yml")).out).toMatch(
      /^job: Other \(more\/job\.yml\)/,
    );
    expect((await shop.runWith(env, "run", "only", "-i", "hosts.yml")).out).toContain("more/only.yml");
    expect((await shop.run("run", "jbo", "-i", "hosts.yml")).err).toContain("did you mean `job`?");
  });

  test("the shipped library is found from the source too; a directory that is searched twice is named once", async () => {
    await using shop = await workshop();
    expect((await shop.run("list")).out).toMatch(/^tapdisk-disk-full /m);
    const { err } = await shop.runWith({ RUNBOOK_PATH: "runbooks" }, "show", "nothing-like-it");
    expect(err).toMatch(/^there is no runbook `nothing-like-it` in runbooks, \/[^,]*\/runbooks\n/);
  });

  test("an invalid one is not run, and every mistake in it is told", async () => {
    await using shop = await localJob(STEP, { files: { "x.yml": "name: x\ntitel: X\nsteps: []\n" } });
    const { exit, out, err } = await shop.run("run", "x.yml", "-i", "hosts.yml");
    expect({ exit, out }).toEqual({ exit: 65, out: "" });
    expect(err).toContain("x.yml:2:1: unknown key `titel`");
    expect(err).toContain("did you mean `title`?");
  });

  test("a step on this machine must be allowed", async () => {
    const here =
      '  - id: here\n    on: controller\n    detect: { run: "echo $host_name >>$dir/seen; echo bad" }\n    fix: { risk: low, run: \'echo fixed >>"$dir/seen"\' }\n    verify: false\n';
    await using shop = await localJob(here, { hosts: ["a", "b"] });
    const run = ["run", "job", "-i", "hosts.yml", "-y"] as const;
    expect(await shop.run(...run)).toEqual({
      exit: 64,
      out: "",
      err: "job, here: its scripts would run on this machine\n  → --allow-controller allows it, as does a policy's rule with `on: controller`\n",
    });
    const { exit, out } = await shop.run(...run, "--allow-controller");
    expect(exit).toBe(0);
    expect(out).toContain("2 fixed");
  });
});
