import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { eventually } from "../kit/processes.ts";
import { localJob, sweep, verdictsOf } from "../kit/shelf.ts";
import { addUser } from "../kit/user.ts";
import { cardOn } from "../kit/waiting.ts";
import type { Workshop } from "../kit/workshop.ts";

const MAIN = resolve(import.meta.dirname, "../../src/cli/main.ts");

/** A job whose look at the host b lasts until somebody writes `b/go`: so its run is alive for as long as a test wants it to be. */
async function longJob(): Promise<Workshop> {
  const waits = 'while [ -e "$dir/slow" ] && [ ! -e "$dir/go" ]; do sleep 0.05; done; cd "$dir"';
  return localJob(sweep().replace('cd "$dir"', waits).replace("findings: {", "timeout: 10m\n      findings: {"), {
    hosts: ["a", "b"],
    top: 'inputs: { dir: { type: string } }\nrollout: { batches: ["100%"], max_failures: 2, max_unknown: "100%" }\n',
    files: { "a/x.bad": "", "b/slow": "" },
  });
}

test("a run that is alive takes the decisions of other processes", { timeout: 120_000 }, async () => {
  await using shop = await longJob();
  const run = shop.start("run", "job", "-i", "hosts.yml", "--json");
  await run.seen('"type":"asked"');
  const { run: id, digest, alive } = await cardOn(shop, "a");
  expect(alive).toBe(true);
  expect((await shop.run("approvals")).out).toContain(`at work   root (process ${run.child.pid} on`);

  expect(await shop.run("approve", id, "--digest", digest)).toMatchObject({
    exit: 0,
    out: "a: sweep: approved, and the run has taken it\n",
    err: "",
  });
  expect(await eventually(() => !existsSync(join(shop.directory, "a/x.bad")))).toBe(true);
  const late = await shop.run("deny", id, "--digest", digest, "--reason", "too late");
  expect(late).toMatchObject({ exit: 1, out: expect.stringMatching(/^a: sweep: not denied: /) });
  expect(run.child.exitCode).toBeNull();

  await shop.write("b/go", "");
  const { exit, out } = await run.ended;
  expect({ exit, verdicts: verdictsOf(out) }).toEqual({
    exit: 0,
    verdicts: { "a sweep": "fixed", "b sweep": "clear" },
  });
});

test(
  "another user of a shared state decides on a run, and it is on record who that was",
  { timeout: 120_000 },
  async () => {
    await using bob = await addUser(null);
    await using shop = await longJob();
    await shop.write("policy.yml", "rules:\n  - { approve: ask, not_requester: true }\n");
    const state = join(shop.directory, "state");
    const gid = execFileSync("id", ["-g", bob.name], { encoding: "utf8" });
    mkdirSync(state);
    chownSync(state, 0, Number(gid));
    chmodSync(state, 0o2770);
    chmodSync(shop.directory, 0o755);

    const run = shop.start("run", "job", "-i", "hosts.yml", "--json", "--state", state);
    await run.seen('"type":"asked"');
    const [line = ""] = (await shop.run("approvals", "--json", "--state", state)).out.split("\n");
    const { digest }: { digest: string } = JSON.parse(line);
    const own = await shop.run("approve", "last", "--digest", digest, "--state", state);
    expect(own).toMatchObject({
      exit: 1,
      out: expect.stringContaining("root started the run, and the policy wants somebody else"),
    });

    const command = [MAIN, "approve", "last", "--digest", digest, "--state", state];
    const child = spawn("runuser", ["-u", bob.name, "--", process.execPath, ...command], {
      cwd: "/",
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
    expect({ exit: child.exitCode, out, err }).toEqual({
      exit: 0,
      out: "a: sweep: approved, and the run has taken it\n",
      err: "",
    });

    await shop.write("b/go", "");
    const ended = await run.ended;
    expect({ exit: ended.exit, verdicts: verdictsOf(ended.out) }).toMatchObject({
      exit: 0,
      verdicts: { "a sweep": "fixed" },
    });
    const approved = ended.out.split("\n").find((each) => each.includes('"type":"approved"'));
    expect(JSON.parse(approved ?? "{}")).toMatchObject({ by: bob.name, digest });
  },
);
