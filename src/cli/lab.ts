import { spawn } from "node:child_process";
import { mkdirSync, openSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import * as z from "zod";
import { FIRST_PORT, berths, type Berth } from "../lab/fleet.ts";
import { keepHosts } from "../lab/keeper.ts";
import { INVENTORY, forgetFiles } from "../lab/keys.ts";
import { type LabState, end, forgetState, readState, runs } from "../lab/state.ts";
import { parsePort } from "../language/inventory/address.ts";
import { Fault } from "../model/fault.ts";
import { counted } from "../view/words.ts";
import { EXIT } from "./exit.ts";
import type { Io } from "./io.ts";
import { homeOf } from "./user.ts";

/** What the lab's commands need from their caller. */
export type LabContext = {
  /** Where keys, the record and the server's log lie; see `labDirectory`. */
  readonly stateDir: string;
  readonly io: Io;
  /** What follows the node executable to start this very program: its file, and options of node before it. */
  readonly selfArgv: readonly string[];
};

/** What the server says to the command that started it. */
const Greeting = z.union([z.object({ ready: z.literal(true) }), z.object({ fault: Fault })]);
type Greeting = z.infer<typeof Greeting>;

/** How long an old server may take to end before it is killed, in ms. */
const PATIENCE = 5000;

/** Where the lab lives: $RUNBOOK_LAB, else the place that `inventory/lab.yml` names. */
export function labDirectory(env: NodeJS.ProcessEnv): string {
  return resolve(env["RUNBOOK_LAB"] || join(homeOf(env), ".local/state/runbook/lab"));
}

/** Brings up `count` practice hosts in a process of their own; a lab that is up is made afresh, with its faults. */
export async function labUp(context: LabContext, count: number): Promise<number | Fault> {
  const hosts = berthsFor(count, process.env);
  if (!Array.isArray(hosts)) return hosts;
  await stop(context.stateDir);
  const kept = prepare(context.stateDir);
  if (kept !== null) return kept;
  context.io.err(`Building ${counted(count, "practice host")} …\n`);
  const greeting = await launch(context, count);
  if ("fault" in greeting) return greeting.fault;
  return labStatus(context);
}

/** Ends the practice hosts and removes everything the lab has made. Ending what is not up is no fault. */
export async function labDown(context: LabContext): Promise<number> {
  const wasUp = await stop(context.stateDir);
  forgetFiles(context.stateDir);
  context.io.out(wasUp ? "The practice hosts are gone.\n" : "There were no practice hosts.\n");
  return EXIT.ok;
}

/** Tells which practice hosts are up, and how to reach them. 0: all up; 4: none, or not all. */
export function labStatus(context: LabContext): number {
  const state = readState(context.stateDir);
  if (state === null || !runs(state.server)) {
    context.io.out("No practice hosts are up. `runbook lab up` makes them.\n");
    return EXIT.unknown;
  }
  const rows = state.hosts.map((host) => `  ${host.name}  127.0.0.1:${host.port}  ${condition(host)}\n`);
  const inventory = inventoryFor(context.stateDir, state);
  context.io.out(`Practice hosts as they were made (${state.isolation}):\n${rows.join("")}Inventory: ${inventory}\n`);
  return state.hosts.every((host) => runs(host.init)) ? EXIT.ok : EXIT.unknown;
}

/** Keeps practice hosts until it is told to end: the body of the process that `labUp` starts. */
export async function labServe(context: LabContext, count: number): Promise<number> {
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve());
  });
  const hosts = berthsFor(count, process.env);
  const kept = Array.isArray(hosts) ? await keepHosts(context.stateDir, hosts) : hosts;
  if ("message" in kept) {
    await greet({ fault: kept });
    return EXIT.unknown;
  }
  await using _hosts = kept;
  await greet({ ready: true });
  await stopped;
  return EXIT.ok;
}

/** The hosts to be, from $RUNBOOK_LAB_PORT on where the usual ports are taken. */
function berthsFor(count: number, env: NodeJS.ProcessEnv): Berth[] | Fault {
  const wanted = env["RUNBOOK_LAB_PORT"] || String(FIRST_PORT);
  const port = parsePort(wanted);
  if (port !== undefined && parsePort(String(port + count - 1)) !== undefined) return berths(count, port);
  return {
    kind: "usage",
    message: `${counted(count, "host")} cannot have ports from ${wanted} on: a port is a number from 1 to 65535`,
    hint: "RUNBOOK_LAB_PORT=3301 runbook lab up --hosts 4",
  };
}

/** Makes the lab's directory, without what an earlier lab left in it. */
function prepare(directory: string): Fault | null {
  try {
    forgetFiles(directory);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return null;
  } catch (error) {
    const message = `the practice hosts cannot be kept here: ${error instanceof Error ? error.message : String(error)}`;
    return { kind: "usage", where: directory, message, hint: "RUNBOOK_LAB=DIR names another place" };
  }
}

/** The inventory that comes with the library reaches only a lab in the usual place, on the usual ports. */
function inventoryFor(directory: string, state: LabState): string {
  const own = join(directory, INVENTORY);
  const usual = directory === labDirectory({}) && state.hosts[0]?.port === FIRST_PORT && state.hosts.length <= 4;
  return usual ? `inventory/lab.yml (or ${own})` : own;
}

function condition(host: LabState["hosts"][number]): string {
  return runs(host.init) ? host.about : "gone";
}

async function stop(directory: string): Promise<boolean> {
  const state = readState(directory);
  if (state === null) return false;
  const wasUp = runs(state.server);
  await end(state.server, PATIENCE);
  // The hosts end with their keeper; this is for a keeper that was killed in an unlucky moment.
  for (const host of state.hosts) await end(host.init, PATIENCE);
  forgetState(directory);
  return wasUp;
}

function launch(context: LabContext, count: number): Promise<Greeting> {
  const path = join(context.stateDir, "server.log");
  const log = openSync(path, "w", 0o600);
  const argv = [...context.selfArgv, "lab", "serve", "--hosts", String(count)];
  const server = spawn(process.execPath, argv, {
    detached: true,
    stdio: ["ignore", log, log, "ipc"],
    env: { ...process.env, RUNBOOK_LAB: context.stateDir },
  });
  return new Promise((resolve) => {
    server.once("message", (message) => {
      server.disconnect();
      server.unref();
      resolve(Greeting.parse(message));
    });
    const died = (reason: string) => resolve({ fault: deathFault(reason, path) });
    server.once("error", (error) => died(error.message));
    server.once("exit", (code, signal) => died(`it ended with ${signal ?? `exit code ${code}`}`));
  });
}

/** Why the hosts' keeper died, by the last line of its log where there is one. */
export function deathFault(reason: string, log: string): Fault {
  const message = "the process that keeps the practice hosts did not come up";
  try {
    const said = readFileSync(log, "utf8").trim().split("\n").at(-1);
    return { kind: "session", message: `${message}: ${said || reason}`, hint: `its words are in ${log}` };
  } catch {
    return { kind: "session", message: `${message}: ${reason}`, hint: `its log is gone: ${log}` };
  }
}

async function greet(greeting: Greeting): Promise<void> {
  await new Promise<void>((resolve) => {
    if (process.send === undefined) resolve();
    else process.send(greeting, () => resolve());
  });
  if (process.connected) process.disconnect();
}
