import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync, existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startMachine, type Machine } from "../../kit/machine.ts";
import { startRelay, type Relay } from "../../kit/relay.ts";
import type { Scene } from "./scene.ts";

/** Machines with the faults of a scene behind relays, and a directory of the controller. One is used for one case after the other. */
export type Site = AsyncDisposable & {
  readonly scene: Scene;
  readonly directory: string;
  readonly machines: ReadonlyMap<string, Machine>;
  readonly relays: ReadonlyMap<string, Relay>;
  /** As it was: every machine is up, its faults are back, its notes and the controller's record are gone. */
  renew(): Promise<void>;
  /** What a machine noted, line by line. */
  notes(host: string): readonly string[];
  /** Whether a fault is still there. */
  has(host: string, file: string): boolean;
  /** Whether nothing runs on any machine that was brought there. */
  idle(): boolean;
};

/** The file that names the boot in which it is a fault: any other mends it. */
const STALE = "stale";

/** Builds the site. */
export async function buildSite(scene: Scene): Promise<Site> {
  const directory = await mkdtemp(join(tmpdir(), "rb-proof-"));
  const machines = new Map<string, Machine>();
  const relays = new Map<string, Relay>();
  for (const name of Object.keys(scene.faults)) {
    const machine = await startMachine(scene.hooks);
    machines.set(name, machine);
    relays.set(name, await startRelay(machine.port));
  }
  const hosts = Object.fromEntries(
    [...machines].map(([name, machine]) => {
      const port = relays.get(name)?.port ?? 0;
      writeFileSync(
        join(machine.dir, "known"),
        `[127.0.0.1]:${port} ${readFileSync(join(machine.dir, "host.pub"), "utf8")}`,
      );
      return [name, { ...machine.vars, ansible_port: port, disk: diskOf(machine), ...scene.vars[name] }];
    }),
  );
  writeFileSync(join(directory, "proof.yml"), scene.runbook);
  writeFileSync(join(directory, "hosts.yml"), JSON.stringify({ all: { hosts } }));
  return {
    scene,
    directory,
    machines,
    relays,
    renew: async () => {
      rmSync(join(directory, "state"), { recursive: true, force: true });
      for (const [name, machine] of machines) {
        relays.get(name)?.mend();
        await startAnew(machine, scene.faults[name] ?? []);
      }
    },
    notes: (host) =>
      textOf(join(diskOf(machines.get(host)), "trace"))
        .split("\n")
        .filter((line) => line !== ""),
    has: (host, file) => {
      const machine = machines.get(host);
      const path = join(diskOf(machine), file);
      return existsSync(path) && (file !== STALE || textOf(path) === machine?.bootId());
    },
    idle: () => [...machines.values()].every((machine) => machine.processes().length === 0),
    [Symbol.asyncDispose]: async () => {
      for (const relay of relays.values()) await relay[Symbol.asyncDispose]();
      for (const machine of machines.values()) await machine[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A machine that starts anew has nothing left of the case before. */
async function startAnew(machine: Machine, faults: readonly string[]): Promise<void> {
  await machine.powerOff();
  rmSync(diskOf(machine), { recursive: true, force: true });
  mkdirSync(diskOf(machine));
  copyFileSync(join(machine.dir, "key.pub"), join(machine.dir, "authorized"));
  for (const file of faults) writeFileSync(join(diskOf(machine), file), "");
  await machine.powerOn();
  if (faults.includes(STALE)) writeFileSync(join(diskOf(machine), STALE), machine.bootId());
}

/** Where a machine's faults and notes are. */
function diskOf(machine: Machine | undefined): string {
  if (machine === undefined) throw new Error("no such host");
  return join(machine.dir, "disk");
}

function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}
