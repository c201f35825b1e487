import { describe, expect, test } from "vitest";
import { localJob, sweep } from "../kit/shelf.ts";
import { workshop, type Workshop } from "../kit/workshop.ts";

const INVENTORY = `
all:
  children:
    prod: { hosts: { "web[1:4]": , db1: } }
    canary: { hosts: { web1: } }
`;
const POLICY = `
allowed_signers: signers
rules:
  - name: canaries
    hosts: canary
    approve: auto
    max_hosts: 5
  - name: by day
    when: { days: mon-fri, from: 09:00, to: 17:00, zone: Europe/Berlin }
    approve: ask
    approvers: 2
    not_requester: true
    expires: 30m
  - name: the rest
    approve: deny
    reason: people sleep
`;

function runbook(name: string, steps: string): string {
  return `name: ${name}\ntitle: T\ninputs: { dir: { type: string, default: /x } }\nsteps:\n${steps}`;
}

async function desk(files: Readonly<Record<string, string>> = {}): Promise<Workshop> {
  return workshop({
    "hosts.yml": INVENTORY,
    "policy.yml": POLICY,
    signers: "ada ssh-ed25519 AAAA\n",
    "runbooks/job.yml": runbook("job", sweep()),
    ...files,
  });
}

describe("policy explain", () => {
  test("says for each group of hosts with one answer what holds, which rule of which file says so, and what holds at other hours", async () => {
    await using shop = await desk();
    const argv = ["policy", "explain", "job", "-i", "hosts.yml", "--at", "2026-11-03T12:00+01:00", "-y"];
    const { exit, out, err } = await shop.run(...argv);
    expect({ exit, err }).toEqual({ exit: 0, err: "" });
    expect(out.replace(/digest [0-9a-f]{64}/, "digest D")).toBe(
      [
        "Policies in force: policy.yml",
        "At 2026-11-03 11:00:00 UTC, with --approve medium",
        "",
        "job  runbooks/job.yml",
        "digest D",
        "5 hosts",
        "",
        "sweep  low risk",
        "  web1: starts by itself; at most 5 hosts in one run",
        "    policy.yml:4      canaries: auto, max_hosts 5",
        "    --approve medium  auto",
        "  db1, web[2-4] (4 hosts): asks 2 different people, who sign, never whoever started the run; an approval lasts 30 min",
        "    policy.yml:8      by day: ask, approvers 2, not_requester, expires 30 min; mon-fri 09:00-17:00 Europe/Berlin",
        "    --approve medium  auto",
        "    at other hours:",
        "    policy.yml:14     the rest: deny (people sleep)",
        "",
      ].join("\n"),
    );
  });

  test("at another time another rule", async () => {
    await using shop = await desk();
    const argv = ["policy", "explain", "job", "-i", "hosts.yml", "-l", "db1", "--at", "2026-11-07T12:00Z"];
    const { out } = await shop.run(...argv);
    expect(out).toContain(
      "  db1: denied\n    policy.yml:14   the rest: deny (people sleep)\n    --approve none  ask\n",
    );
  });

  test("several policies add up, each by its name", async () => {
    await using shop = await desk({
      "more.yml": "rules:\n  - { hosts: web, approve: auto }\n  - { risk: [high, low], approve: ask, expires: 5m }\n",
    });
    const argv = ["policy", "explain", "job", "-i", "hosts.yml", "-l", "web1", "-y", "--policy", "more.yml"];
    const { exit, out, err } = await shop.run(...argv);
    expect(exit).toBe(0);
    expect(out).toContain("Policies in force: more.yml, policy.yml\n");
    expect(out).toContain("  web1: asks one person; an approval lasts 5 min; at most 5 hosts in one run\n");
    expect(err).toBe(
      "more.yml:2: warning: the inventory has no group or host `web`, which `hosts` of rule 1 names: a group without hosts\n  → did you mean `web1`?\n",
    );
  });

  test("without a name: all runbooks, and the broken ones as such", async () => {
    await using shop = await desk({
      "runbooks/broken.yml": "name: broken\n",
      "runbooks/report.yml": "name: report\ntitle: R\nsteps:\n  - { id: a, detect: { run: ':' } }\n",
      "runbooks/far.yml": runbook("far", sweep()).replace("steps:", "hosts: mars\nsteps:"),
    });
    const { exit, out, err } = await shop.run("policy", "explain", "-i", "hosts.yml");
    expect(exit).toBe(65);
    expect(err).toContain("runbooks/broken.yml:1:1: `title` is missing in the runbook");
    expect(out).toContain("\njob  runbooks/job.yml\n");
    expect(out).toMatch(/\nreport {2}runbooks\/report\.yml\ndigest \w+\n5 hosts\nit has no fix to permit\n/);
    expect(out).toMatch(/\nfar {2}runbooks\/far\.yml\ndigest \w+\nselects no host of this inventory\n/);
  });

  test("as JSON", async () => {
    await using shop = await desk();
    const { exit, out } = await shop.run(
      "policy",
      "explain",
      "job",
      "-i",
      "hosts.yml",
      "--json",
      "--at",
      "2026-11-03T12:00Z",
    );
    expect(exit).toBe(0);
    expect(JSON.parse(out)).toMatchObject([
      {
        runbook: "job",
        at: "2026-11-03T12:00:00.000Z",
        approve: "none",
        digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        answers: [
          {
            step: "sweep",
            risk: "low",
            on: "host",
            hosts: ["web1"],
            approve: "ask",
            rules: [{ rule: { name: "canaries" } }],
          },
          {
            hosts: ["web2", "web3", "web4", "db1"],
            approvers: 2,
            signed: true,
            otherwise: [{ rule: { approve: "deny" } }],
          },
        ],
      },
    ]);
  });

  test("says so when no policy is in force, and whether this machine is spared", async () => {
    await using shop = await desk({
      "runbooks/here.yml": runbook("here", sweep("a", "low", "", "    on: controller\n")),
    });
    await shop.write(
      "policy.yml",
      "rules:\n  - { on: controller, approve: deny, reason: not here }\n  - { approve: ask }\n",
    );
    const denied = await shop.run("policy", "explain", "here", "-i", "hosts.yml");
    expect(denied.out).toContain(
      "a  low risk\n  its scripts would run on this machine: policy: rule 1 (policy.yml:2) denies it: not here\n",
    );
    await shop.write("policy.yml", "rules:\n  - { on: controller, approve: ask }\n");
    const allowed = await shop.run("policy", "explain", "here", "-i", "hosts.yml");
    expect(allowed.out).toContain("  its scripts run on this machine: allowed by policy\n");
    await using bare = await workshop({ "runbooks/job.yml": runbook("job", sweep()) });
    const { out } = await bare.run("policy", "explain", "job", "-i", "a,b,");
    expect(out).toContain("No policy is in force: the command line decides alone.\n");
    expect(out).toContain("  a, b (2 hosts): asks one person; an approval lasts 1 h\n    --approve none  ask\n");
  });
});

describe("policy explain refuses", () => {
  test.each([
    [
      ["--at", "2026-02-30"],
      64,
      "--at: `2026-02-30` is no point in time\n  → for instance 2026-11-03T22:00, or with a zone 2026-11-03T22:00+01:00\n",
    ],
    [["--at", "soon"], 64, "--at: `soon` is no point in time\n"],
    [["--approve", "hihg"], 64, "--approve: no such risk: hihg\n  → did you mean `high`?\n"],
    [["--step", "sweeep"], 64, "--step sweeep: job has no such step\n  → did you mean `sweep`?\n"],
    [
      ["--policy", "gone.yml"],
      65,
      "gone.yml: the policy cannot be used: there is no such file\n  → --policy names it\n",
    ],
    [["-l", "mars"], 64, "no host or group is called `mars`\n"],
    [
      ["--policy", "other.yml"],
      65,
      "other.yml: none of its rules matches any fix of job on the 5 hosts of this run\n  → end the policy with a rule that matches everything, such as `- approve: ask`\n",
    ],
  ])("%j", async (more, code, words) => {
    await using shop = await desk({ "other.yml": "rules:\n  - { runbooks: [kernel], approve: auto }\n" });
    const { exit, out, err } = await shop.run("policy", "explain", "job", "-i", "hosts.yml", ...more);
    expect({ exit, out }).toEqual({ exit: code, out: "" });
    expect(err).toContain(words);
  });

  test("a mistyped verb, and a runbook that is not there", async () => {
    await using shop = await desk();
    expect(await shop.run("policy", "explian")).toMatchObject({ exit: 64, err: expect.stringContaining("explain") });
    expect(await shop.run("policy", "explain", "jib", "-i", "hosts.yml")).toMatchObject({
      exit: 64,
      err: expect.stringContaining("did you mean `job`?"),
    });
  });
});

test("schema --policy prints what editors need", async () => {
  await using shop = await workshop();
  const { exit, out } = await shop.run("schema", "--policy");
  expect(exit).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ $id: "policy.schema.json" });
});

test("what a file holds that a terminal obeys is not printed as such", async () => {
  await using shop = await localJob(sweep());
  await shop.write("policy.yml", 'rules:\n  - name: "a\\e[31mb\\u202ec"\n    approve: deny\n    reason: "x\\u0007"\n');
  const { out } = await shop.run("policy", "explain", "job", "-i", "hosts.yml");
  expect(out).not.toMatch(/[\u0007\u001b\u202e]/);
  expect(out).toContain("deny");
});
