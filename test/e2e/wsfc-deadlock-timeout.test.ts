import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { load } from "js-yaml";
import { powershellFaults } from "../kit/powershell-syntax.ts";
import { type Cluster, type Node, readCluster, writeCluster } from "../kit/windows/cluster.ts";
import type { Machine } from "../kit/windows/machine.ts";
import { startWindows, type Windows } from "../kit/windows/sshd.ts";
import { workshop, type Workshop } from "../kit/workshop.ts";

const RUNBOOKS = resolve(import.meta.dirname, "../../runbooks");
const RUNBOOK = join(RUNBOOKS, "wsfc-deadlock-timeout.yml");

const DISK = "群集磁盘 1";
const DRIVER = "\\??\\C:\\Program Files (x86)\\Trend Micro\\OfficeScan Client\\TmXPFlt.sys";

/** A disk that deadlocked and has little time, one that has as little and never did, one that deadlocked and has enough; and their types. */
const CLUSTER: Cluster = {
  name: "WLC",
  resources: [
    { name: DISK, type: "Physical Disk", timeout: 60_000 },
    { name: "群集磁盘 2", type: "Physical Disk", timeout: 60_000 },
    { name: "it's [a] *", type: "Generic Service", timeout: 300_000 },
  ],
  types: [
    { name: "Physical Disk", timeout: 45_000 },
    { name: "Generic Service", timeout: 45_000 },
    { name: "IP Address", timeout: 45_000 },
  ],
};

const deadlockOf = (name: string, age = 600): Node["events"][number] => ({
  id: 1230,
  values: [name, "", "clusres.dll"],
  age,
});

it("every script of it is PowerShell as far as a parser tells", () => {
  const texts = [
    readFileSync(join(RUNBOOKS, "wsfc-deadlock-timeout.functions.ps1"), "utf8"),
    ...scriptsIn(load(readFileSync(RUNBOOK, "utf8"))),
  ];
  expect(texts.length).toBeGreaterThan(8);
  for (const text of texts) expect(powershellFaults(text)).toEqual([]);
});

function scriptsIn(part: unknown): string[] {
  if (typeof part !== "object" || part === null) return [];
  return Object.entries(part).flatMap(([key, value]) =>
    typeof value === "string" && ["run", "guard", "preview", "applies", "cluster"].includes(key)
      ? [value]
      : scriptsIn(value),
  );
}

const varsOf = (port: number, dir: string): object => ({
  ansible_host: "127.0.0.1",
  ansible_port: port,
  ansible_user: "root",
  ansible_ssh_private_key_file: `${dir}/key`,
  ansible_ssh_common_args: `-o UserKnownHostsFile=${dir}/known -o IdentitiesOnly=yes`,
  ansible_shell_type: "cmd",
});

// Real sshds; behind them a stand-in for Windows, its PowerShell and its failover clustering, which this runbook has not run on.
describe("a cluster of two nodes that a stand-in plays", { timeout: 120_000 }, () => {
  let nodes: readonly [Windows, Windows];
  let shop: Workshop;
  let kept: string;

  beforeAll(async () => {
    nodes = await Promise.all([startWindows(), startWindows()]);
    const hosts = Object.fromEntries(nodes.map(({ sshd }, at) => [`zq${at + 1}`, varsOf(sshd.port, sshd.dir)]));
    shop = await workshop({ "hosts.yml": JSON.stringify({ all: { hosts } }) });
    kept = join(shop.directory, "cluster.json");
  }, 60_000);
  afterAll(async () => {
    await shop?.[Symbol.asyncDispose]();
    for (const node of nodes ?? []) await node[Symbol.asyncDispose]();
  });

  const be = (at: 0 | 1, node: Partial<Node> | null, over: Partial<Machine> = {}): void => {
    const whole: Node = {
      cluster: kept,
      service: "Running",
      mode: "Auto",
      events: [],
      drivers: [],
      filters: null,
      ...node,
    };
    const guid = `0f8fad5b-d9cb-469f-a165-70867728950${at}`;
    nodes[at].be({ guid, version: at === 0 ? 2 : 5, ...over, node: node === null ? null : whole });
  };
  const run = async (...more: readonly string[]) => {
    const { out, err, exit } = await shop.run("run", RUNBOOK, "-i", "hosts.yml", ...more);
    return { told: `${out}${err}`, exit };
  };
  const timeouts = (): readonly number[] => readCluster(kept).resources.map(({ timeout }) => timeout);

  it("gets one timeout set by one node, once, for what deadlocked; the driver is left to a person", async () => {
    writeCluster(kept, CLUSTER);
    const filters = [
      "",
      "Filtername  Instanzen  Höhe  Frame",
      "TmPreFilter      4      328525      0",
      "luafv  1  135000  0",
    ];
    const driver = { name: "TmFilter", path: DRIVER, state: "Running", version: "9.205.0.1002" };
    const failed = { id: 1069, values: [DISK, "wlc"], age: 601 };
    be(0, { events: [deadlockOf(DISK), failed, { id: 1146, values: [], age: 600 }], drivers: [driver], filters });
    be(1, {
      events: [deadlockOf(DISK, 3000), deadlockOf("it's [a] *"), deadlockOf("gone since"), deadlockOf("old", 9e6)],
    });
    const { told, exit } = await run("--approve", "medium", "--input", "window=30d");
    // Whichever was looked at first; the other may be looked at before that one is proved, or after.
    const nodes = ["fixed", "clear"].map((word) => new RegExp(`(zq\\d) +deadlock-timeout +${word}`).exec(told)?.[1]);
    expect({ nodes: new Set(nodes), told }).toEqual({ nodes: new Set(["zq1", "zq2"]), told });
    expect(told).toMatch(/zq1 +filter-driver +waiting/);
    expect(told).toMatch(/zq2 +filter-driver +clear/);
    expect(told).toContain("9.205.0.1002");
    expect(told).toContain("TmPreFilter 4 328525 0");
    expect(told).not.toContain("luafv");
    expect(timeouts()).toEqual([300_000, 60_000, 300_000]);
    expect(readCluster(kept).types).toEqual(CLUSTER.types);
    expect(exit).toBe(3);
  });

  it("sets those of the types where that is wanted, and shows before what would change", async () => {
    writeCluster(kept, CLUSTER);
    be(0, { events: [deadlockOf(DISK)] });
    const { told, exit } = await run("-l", "zq1", "--dry-run", "--input", "change=both");
    expect(told).toContain(`-resource ${DISK}: DeadlockTimeout = 60000`);
    expect(told).toContain("+type Physical Disk: DeadlockTimeout = 300000");
    expect(told).not.toContain("IP Address");
    expect(exit).toBe(2);
    expect(readCluster(kept)).toEqual(CLUSTER);
  });

  it("puts back what it had set when another timeout does not take its value", async () => {
    const [first, second, third] = CLUSTER.resources;
    if (first === undefined || second === undefined || third === undefined) throw new Error("no resources");
    writeCluster(kept, { ...CLUSTER, resources: [first, { ...second, stuck: true }, third] });
    be(1, { events: [deadlockOf(DISK), deadlockOf(second.name)] });
    const { told, exit } = await run("-l", "zq2", "--step", "deadlock-timeout", "--approve", "medium");
    expect(told).toContain(`the timeout of ${second.name} was set, and reads back as 60000`);
    expect(told).toMatch(/zq2 +deadlock-timeout +rolled back/);
    expect(timeouts()).toEqual([60_000, 60_000, 300_000]);
    expect(exit).toBe(1);
  });

  it("is unknown where the cluster cannot be asked, tells what the node itself knows, and finds nothing where all is well", async () => {
    writeCluster(kept, CLUSTER);
    const driver = {
      name: "VSApiNt",
      path: DRIVER.replace("TmXPFlt", "VsapiNt"),
      state: "Running",
      version: "9.0.0.0",
    };
    be(0, { service: "Stopped", events: [deadlockOf(DISK), { id: 1573, values: ["ZQ1"], age: 5 }], drivers: [driver] });
    const current = { name: "TmFilter", path: DRIVER, state: "Running", version: "9.500.0.1008" };
    const stopped = { ...driver, state: "Stopped", version: "8.0.0.0" };
    const failed = { id: 1069, values: [DISK, "wlc"], age: 60 };
    be(1, { events: [failed, deadlockOf(DISK, 8 * 86_400)], drivers: [current, stopped] });
    const { told, exit } = await run();
    expect(told).toMatch(/zq1 +deadlocks +found/);
    expect(told).toMatch(/zq1 +filter-driver +unknown.*an administrator is needed/);
    expect(told).toMatch(/zq1 +deadlock-timeout +unknown.*the Cluster service of this node is Stopped/);
    for (const step of ["deadlocks", "filter-driver", "deadlock-timeout"]) {
      expect(told).toMatch(new RegExp(`zq2 +${step} +clear`));
    }
    expect(exit).toBe(2);
  });
});
