/** Logs in to many names at once, on servers that turn logins away as OpenSSH does by default, and prints what it costs a host. `--help` says how. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { cpus, loadavg, release, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { address } from "./address.ts";
import { Fleet } from "./fleet.ts";
import { measure, type Cost } from "./measure.ts";
import { median } from "./median.ts";
import { shipped } from "./rivals/runbook.ts";
import { sshOptions } from "./target.ts";
import { RUNBOOK } from "./work.ts";

const USAGE = `node bench/many.ts   (as root; needs openssh-server and a built bin/runbook.js)

    --names 500       names in the inventory
    --servers 50      sshd's that they are names of; with as many as names a dry run is measured, too
    --parallel 200    hosts at once
    --few 20          names that the same is measured with, to tell what a host costs
    --rounds 3        rounds of each
`;

const say = (line: string): boolean => process.stderr.write(`${line}\n`);
const print = (text: string): boolean => process.stdout.write(`${text}\n`);

type Plan = Readonly<Record<"names" | "servers" | "parallel" | "few" | "rounds", number>>;

/** A way to use all names: the command's arguments, its exit code, and how many hosts its output says are well. */
type Way = {
  readonly name: string;
  readonly given: (inventory: string, dir: string) => readonly string[];
  readonly exit: number;
  readonly well: (out: string) => number;
};

const PING: Way = {
  name: "`ping`",
  given: (inventory) => ["ping", "-i", inventory, "--json"],
  exit: 0,
  well: (out) => out.split("\n").filter((line) => line !== "" && isWell(JSON.parse(line))).length,
};

/** Every host ends as *found*, hence the exit code. */
const RUN: Way = {
  name: "`run --dry-run`, 15 scripts",
  given: (inventory, dir) => ["run", RUNBOOK, "-i", inventory, "--dry-run", "--json", "--state", join(dir, "state")],
  exit: 2,
  well: (out) => out.split("\n").filter((line) => line.includes('"type":"reached"')).length,
};

function isWell(answer: unknown): boolean {
  return (
    typeof answer === "object" &&
    answer !== null &&
    !("fault" in answer) &&
    "reached" in answer &&
    answer.reached === true
  );
}

async function main(): Promise<void> {
  const plan = readArguments();
  if (plan === null) return;
  const dir = await mkdtemp(join(tmpdir(), "rb-"));
  say(`starting ${plan.servers} SSH servers`);
  await using fleet = await Fleet.start(plan.servers, ["MaxStartups 10:30:100", "LogLevel VERBOSE"]);
  print(
    `- ${cpus().length} × ${cpus()[0]?.model ?? "CPU"}, ${(totalmem() / 2 ** 30).toFixed(0)} GB, Linux ${release()}, Node ${process.version}; load ${loadavg()[0]?.toFixed(1)} at the start. Both sides share these cores.\n`,
  );
  print(
    `| ${plan.names} names of ${plan.servers} servers, \`-p ${plan.parallel}\` | wall s | CPU s | MB | reached | turned away | CPU ms a host | KB a host |`,
  );
  print("| --- | --: | --: | --: | --: | --: | --: | --: |");
  for (const way of plan.servers === plan.names ? [PING, RUN] : [PING]) print(await rowOf(way, fleet, plan, dir));
  await rm(dir, { recursive: true });
}

async function rowOf(way: Way, fleet: Fleet, plan: Plan, dir: string): Promise<string> {
  const few = await rounds(way, fleet, plan, plan.few, dir);
  const all = await rounds(way, fleet, plan, plan.names, dir);
  const each = (what: "cpu" | "largest"): number => (all[what] - few[what]) / (plan.names - plan.few);
  const cells = [
    all.wall.toFixed(2),
    all.cpu.toFixed(2),
    (all.largest / 1e6).toFixed(0),
    `${all.well}`,
    `${all.away}`,
    (each("cpu") * 1000).toFixed(1),
    (each("largest") / 1000).toFixed(0),
  ];
  return `| ${way.name} | ${cells.join(" | ")} |`;
}

type Done = Pick<Cost, "wall" | "cpu" | "largest"> & { readonly well: number; readonly away: number };

/** Medians of what it cost; of the hosts that were well the worst round, of those turned away all of them. */
async function rounds(way: Way, fleet: Fleet, plan: Plan, names: number, parent: string): Promise<Done> {
  const inventory = await inventoryOf(fleet, plan.servers, names);
  const before = await turnedAway(fleet);
  const costs: Cost[] = [];
  let well = names;
  for (let round = 0; round < plan.rounds; round += 1) {
    const dir = await mkdtemp(join(parent, "m-"));
    const cost = await measure(shipped(...way.given(inventory, dir), "-p", `${plan.parallel}`), dir);
    if (cost.exit !== way.exit)
      throw new Error(`it ended with ${cost.exit}, not ${way.exit}; see ${dir}/stdout and stderr`);
    well = Math.min(well, way.well(await readFile(join(dir, "stdout"), "utf8")));
    say(
      `  ${way.name}, ${names} names, round ${round + 1}: ${cost.wall.toFixed(2)} s wall, ${cost.cpu.toFixed(2)} s CPU, load ${loadavg()[0]?.toFixed(1)}`,
    );
    costs.push(cost);
    await rm(dir, { recursive: true });
  }
  if (well !== names) throw new Error(`only ${well} of ${names} hosts were reached`);
  const middle = (what: "wall" | "cpu" | "largest"): number => median(costs.map((cost) => cost[what]));
  const away = (await turnedAway(fleet)) - before;
  return { wall: middle("wall"), cpu: middle("cpu"), largest: middle("largest"), well, away };
}

/** Logins that the servers say they turned away, or lost before anybody had proved who they are. */
async function turnedAway({ dir }: Fleet): Promise<number> {
  const log = await readFile(join(dir, "sshd.log"), "utf8");
  return (
    log.match(
      /^(?:drop connection|error: (?:beginning|exited)|.*(?:Connection (?:closed|reset)|Timeout).*\[preauth\])/gm,
    )?.length ?? 0
  );
}

async function inventoryOf(fleet: Fleet, servers: number, names: number): Promise<string> {
  const dir = join(fleet.dir, `many-${names}`);
  await mkdir(dir, { recursive: true });
  const addresses = Array.from({ length: servers }, (_, index) => address("direct", index));
  const knownHosts = join(dir, "known_hosts");
  await writeFile(knownHosts, addresses.map((each) => `[${each}]:${fleet.port} ${fleet.hostKey}\n`).join(""));
  const vars = {
    ansible_user: "root",
    ansible_port: fleet.port,
    ansible_ssh_private_key_file: fleet.key,
    ansible_ssh_common_args: sshOptions({ knownHosts }).join(" "),
  };
  const hosts = Object.fromEntries(
    Array.from({ length: names }, (_, index) => [`name${index + 1}`, { ansible_host: addresses[index % servers] }]),
  );
  const file = join(dir, "inventory.yml");
  await writeFile(file, `${JSON.stringify({ all: { vars, hosts } })}\n`);
  return file;
}

function readArguments(): Plan | null {
  const { values } = parseArgs({
    options: {
      help: { type: "boolean", short: "h", default: false },
      names: { type: "string", default: "500" },
      servers: { type: "string", default: "50" },
      parallel: { type: "string", default: "200" },
      few: { type: "string", default: "20" },
      rounds: { type: "string", default: "3" },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return null;
  }
  const { names, servers, parallel, few, rounds: times } = values;
  return {
    names: Number(names),
    servers: Number(servers),
    parallel: Number(parallel),
    few: Number(few),
    rounds: Number(times),
  };
}

await main().catch((error: unknown) => {
  say(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
