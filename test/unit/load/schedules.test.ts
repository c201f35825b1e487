import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openSchedules } from "../../../src/load/schedules.ts";
import { told } from "../../kit/mistakes.ts";
import { workshop, type Workshop } from "../../kit/workshop.ts";

const RUNBOOK = `name: job
title: T
inputs:
  size: { type: bytes, default: 1G }
  token: { type: string, secret: true }
steps:
  - id: a
    detect: { run: ':' }
`;

/** A directory with a runbook, an inventory, and a schedule of these lines from line 4 on. */
async function desk(...lines: readonly string[]): Promise<Workshop> {
  const text = ["schedules:", "  - name: a", "    cron: '@hourly'", ...lines.map((line) => `    ${line}`), ""];
  return workshop({ "runbooks/job.yml": RUNBOOK, "hosts.yml": "all:\n", "schedules.yml": text.join("\n") });
}

const NOW = Date.UTC(2026, 10, 20);
const searches = (at: string) => [join(at, "runbooks")];

async function opened({ directory }: Workshop, env: NodeJS.ProcessEnv = {}, option?: string) {
  return openSchedules({ option, env, cwd: directory }, { now: NOW, searches });
}

describe("a file of schedules", () => {
  test("is read where runbook, inventory and inputs are right; everything in it begins where it stands", async () => {
    await using shop = await desk(
      "runbook: job",
      "inventory: hosts.yml",
      "inputs: { size: 5M, token: { env: TOKEN } }",
    );
    const here = await opened(shop);
    expect(here).toMatchObject({ path: "schedules.yml", directory: shop.directory, faults: [], warnings: [] });
    const elsewhere = await openSchedules(
      { env: { RUNBOOK_SCHEDULES: join(shop.directory, "schedules.yml") }, cwd: "/" },
      { now: NOW, searches },
    );
    expect(elsewhere.schedules).toMatchObject([{ name: "a", inputs: { size: "5M" } }]);
  });

  test("is refused for a runbook and inventories that are not there, and for inputs that do not fit, all at once", async () => {
    await using shop = await desk(
      "check: [job, jop]",
      "inventory: [hosts.yml, host.yml, 'web1,']",
      "inputs: { size: 5M }",
    );
    expect(told((await opened(shop)).faults)).toEqual([
      `4:18 there is no runbook \`jop\` in runbooks → did you mean \`job\`?`,
      `5:28 there is no inventory host.yml in ${shop.directory} → paths begin where this file is; if it is a host, write a comma after it`,
    ]);
    await using other = await desk(
      "runbook: job",
      "inventory: 'web1,'",
      "inputs: { size: much, siz: 1, token: abc }",
      "policy: p.yml",
    );
    expect(told((await opened(other)).faults)).toEqual([
      "6:21 `size`: expected a size such as 512, 10M or 1.5 GiB",
      "6:27 job has no input `siz` → did you mean `size`?",
      "6:35 `token` is a secret, and must not stand in this file → write where it comes from: `token: { env: VARIABLE }`, `{ file: PATH }` or `{ command: [PROGRAM] }`",
      `7:13 there is no policy p.yml in ${other.directory} → paths begin where this file is`,
    ]);
  });

  test("never shows a secret that stands in it", async () => {
    await using shop = await desk("runbook: job", "inventory: 'web1,'", "inputs: { token: hunter2hunter2 }");
    const { faults } = await opened(shop);
    expect(faults).toHaveLength(1);
    expect(JSON.stringify(faults)).not.toContain("hunter2");
  });

  test("takes for a secret what one of several runbooks does, and shows none beside another mistake", async () => {
    await using shop = await desk(
      "check: [job, open]",
      "inventory: 'web1,'",
      "inputs: { size: much, token: hunter2hunter2 }",
    );
    await shop.write("runbooks/open.yml", RUNBOOK.replace("name: job", "name: open").replace(", secret: true", ""));
    const { faults } = await opened(shop);
    expect(told(faults)).toEqual([
      "6:21 `size`: expected a size such as 512, 10M or 1.5 GiB",
      "6:27 `token` is a secret, and must not stand in this file → write where it comes from: `token: { env: VARIABLE }`, `{ file: PATH }` or `{ command: [PROGRAM] }`",
    ]);
    expect(JSON.stringify(faults)).not.toContain("hunter2");
  });

  test("is refused for a runbook that is wrong itself, with the first of its mistakes", async () => {
    await using shop = await desk("runbook: bad", "inventory: 'web1,'");
    await shop.write("runbooks/bad.yml", "name: bad\nsteps: []\n");
    const [fault] = (await opened(shop)).faults;
    expect(fault).toMatchObject({
      message: "the runbook runbooks/bad.yml cannot be used: `title` is missing in the runbook, and 1 more",
      hint: "`runbook lint runbooks/bad.yml` tells all of it",
    });
  });

  test("is refused for a policy that is wrong itself: each of its fires would be", async () => {
    await using shop = await desk("runbook: job", "inventory: 'web1,'", "policy: p.yml");
    await shop.write("p.yml", "rules:\n  - approve: maybe\n  - approve: perhaps\n");
    expect(told((await opened(shop)).faults)).toEqual([
      expect.stringMatching(/^6:13 p\.yml:2:14: .*approve.*, and 1 more/),
    ]);
  });

  test("is refused where it is not there, and where everybody may write it", async () => {
    await using shop = await desk("runbook: job", "inventory: 'web1,'");
    expect(told((await opened(shop, {}, "other.yml")).faults)[0]).toContain("there is no such file → --schedules FILE");
    expect((await opened(shop, {}, "")).faults[0]).toMatchObject({ kind: "usage", message: "no file is named" });
    await chmod(join(shop.directory, "schedules.yml"), 0o666);
    expect((await opened(shop)).faults[0]).toMatchObject({ hint: "chmod o-w schedules.yml" });
  });
});
