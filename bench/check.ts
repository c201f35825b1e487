/** Looks at many hosts with several runbooks, once with `check` and once with a dry run each, and prints what both cost. `--help` says how. */
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

const USAGE = `node bench/check.ts   (as root; needs openssh-server and a built bin/runbook.js)

    --hosts 50        servers
    --runbooks 5      each with three steps that find nothing
    --rounds 5        rounds of each, by turns
`;

const print = (text: string): boolean => process.stdout.write(`${text}\n`);

const STEPS = ["df -P / >/dev/null", "cat /proc/loadavg >/dev/null", "while read -r line; do :; done </proc/mounts"];

function runbook(name: string): string {
  const steps = STEPS.map((run, at) => `  - id: step-${at}\n    detect: { run: '${run}' }\n`);
  return `name: ${name}\ntitle: ${name}\nsteps:\n${steps.join("")}`;
}

type Spent = Pick<Cost, "wall" | "cpu"> & { readonly logins: number };

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      help: { type: "boolean" },
      hosts: { type: "string", default: "50" },
      runbooks: { type: "string", default: "5" },
      rounds: { type: "string", default: "5" },
    },
  });
  if (values.help === true) return void print(USAGE);
  const [hosts, books, rounds] = [Number(values.hosts), Number(values.runbooks), Number(values.rounds)];
  const dir = await mkdtemp(join(tmpdir(), "rb-"));
  await using fleet = await Fleet.start(hosts, ["MaxStartups 100:30:200", "LogLevel VERBOSE"]);
  const inventory = await inventoryOf(fleet);
  const files = Array.from({ length: books }, (_, at) => join(dir, `book-${at}.yml`));
  for (const [at, file] of files.entries()) await writeFile(file, runbook(`book-${at}`));
  print(
    `- ${cpus().length} × ${cpus()[0]?.model ?? "CPU"}, ${(totalmem() / 2 ** 30).toFixed(0)} GB, Linux ${release()}, Node ${process.version}; load ${loadavg()[0]?.toFixed(1)} at the start. Both sides share these cores.\n`,
  );
  const once: Spent[] = [];
  const each: Spent[] = [];
  for (let round = 0; round < rounds; round += 1) {
    once.push(await spent(fleet, dir, [["check", ...files, "-i", inventory]]));
    each.push(
      await spent(
        fleet,
        dir,
        files.map((file) => ["run", file, "-i", inventory, "-n"]),
      ),
    );
  }
  print(`| ${hosts} hosts, ${books} runbooks of ${STEPS.length} steps | wall s | CPU s | logins |`);
  print("| --- | --: | --: | --: |");
  print(row("`check`", once));
  print(row(`${books} × \`run --dry-run\``, each));
  await rm(dir, { recursive: true });
}

/** What commands cost together, one after the other. */
async function spent(fleet: Fleet, parent: string, commands: readonly (readonly string[])[]): Promise<Spent> {
  const dir = await mkdtemp(join(parent, "m-"));
  const before = await loginsOf(fleet);
  const costs: Cost[] = [];
  for (const command of commands) {
    const cost = await measure(shipped(...command, "--state", join(dir, "state")), dir);
    if (cost.exit !== 0) throw new Error(`${command.join(" ")} ended with ${cost.exit}; see ${dir}`);
    costs.push(cost);
  }
  const sum = (what: "wall" | "cpu"): number => costs.reduce((all, cost) => all + cost[what], 0);
  return { wall: sum("wall"), cpu: sum("cpu"), logins: (await loginsOf(fleet)) - before };
}

function row(name: string, all: readonly Spent[]): string {
  const middle = (what: keyof Spent): number => median(all.map((one) => one[what]));
  return `| ${name} | ${middle("wall").toFixed(2)} | ${middle("cpu").toFixed(2)} | ${middle("logins")} |`;
}

async function loginsOf({ dir }: Fleet): Promise<number> {
  const log = await readFile(join(dir, "sshd.log"), "utf8");
  return log.match(/^Accepted publickey/gm)?.length ?? 0;
}

async function inventoryOf(fleet: Fleet): Promise<string> {
  const dir = join(fleet.dir, "check");
  await mkdir(dir, { recursive: true });
  const addresses = Array.from({ length: fleet.hosts }, (_, index) => address("direct", index));
  const knownHosts = join(dir, "known_hosts");
  await writeFile(knownHosts, addresses.map((each) => `[${each}]:${fleet.port} ${fleet.hostKey}\n`).join(""));
  const vars = {
    ansible_user: "root",
    ansible_port: fleet.port,
    ansible_ssh_private_key_file: fleet.key,
    ansible_ssh_common_args: sshOptions({ knownHosts }).join(" "),
  };
  const hosts = Object.fromEntries(addresses.map((each, at) => [`host${at}`, { ansible_host: each }]));
  const file = join(dir, "hosts.yml");
  await writeFile(file, JSON.stringify({ all: { vars, hosts } }));
  return file;
}

await main();
