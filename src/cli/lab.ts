import { spawn } from "node:child_process";
import { mkdirSync, openSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";
import { FIRST_PORT, berths } from "../lab/fleet.ts";
import { keepHosts } from "../lab/keeper.ts";
import { INVENTORY, forgetFiles } from "../lab/keys.ts";
import { type LabState, end, forgetState, readState, runs } from "../lab/state.ts";
import { Fault } from "../model/fault.ts";
import { EXIT } from "./exit.ts";

/** What the lab's commands need from their caller. */
export type LabContext = {
  /** Where keys, the record and the server's log lie; see `labDirectory`. */
  readonly stateDir: string;
  readonly io: { out(text: string): void; err(text: string): void };
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
  return resolve(env["RUNBOOK_LAB"] || join(homedir(), ".local/state/runbook/lab"));
}

/** Brings up `count` practice hosts in a process of their own; a lab that is up is made afresh, with its faults. */
export async function labUp(context: LabContext, count: number): Promise<number | Fault> {
  await stop(context.stateDir);
  forgetFiles(context.stateDir);
  mkdirSync(context.stateDir, { recursive: true, mode: 0o700 });
  context.io.err(`Building ${count} practice ${count === 1 ? "host" : "hosts"} …\n`);
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
  context.io.out(`Practice hosts (${state.isolation}):\n${rows.join("")}Inventory: ${inventory}\n`);
  return state.hosts.every((host) => runs(host.init)) ? EXIT.ok : EXIT.unknown;
}

/** Keeps practice hosts until it is told to end: the body of the process that `labUp` starts. */
export async function labServe(context: LabContext, count: number): Promise<number> {
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve());
  });
  const kept = await keepHosts(context.stateDir, berths(count, firstPort(process.env)));
  if ("message" in kept) {
    await greet({ fault: kept });
    return EXIT.unknown;
  }
  await using _hosts = kept;
  await greet({ ready: true });
  await stopped;
  return EXIT.ok;
}

/** $RUNBOOK_LAB_PORT, for a machine where the usual ports are taken; undefined: the usual ones. */
function firstPort(env: NodeJS.ProcessEnv): number | undefined {
  const port = Number(env["RUNBOOK_LAB_PORT"]);
  return Number.isInteger(port) && port > 0 ? port : undefined;
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

function deathFault(reason: string, log: string): Fault {
  const said = readFileSync(log, "utf8").trim().split("\n").at(-1);
  return {
    kind: "session",
    message: `the process that keeps the practice hosts did not come up: ${said || reason}`,
    hint: `its words are in ${log}`,
  };
}

async function greet(greeting: Greeting): Promise<void> {
  await new Promise<void>((resolve) => {
    if (process.send === undefined) resolve();
    else process.send(greeting, () => resolve());
  });
  if (process.connected) process.disconnect();
}
