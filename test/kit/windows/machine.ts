import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Node } from "./cluster.ts";

/** What the stand-in knows of the Windows host that it plays: its files, who it is, and since when it runs. All of it lies in one directory. */
export type Machine = {
  readonly dir: string;
  readonly version: 2 | 5;
  /** The default shell of its sshd. */
  readonly shell: "cmd" | "powershell";
  readonly guid: string;
  /** ms since the epoch. */
  bootedAt: number;
  /** Whether its processes have a console, whose code page can be set. */
  readonly console: boolean;
  /** Null: there is no failover clustering on it. */
  readonly node: Node | null;
};

/** Makes the directory of a host that has never run. */
export function makeMachine(dir: string, over: Partial<Machine> = {}): Machine {
  const machine: Machine = {
    dir,
    version: 5,
    shell: "cmd",
    guid: "0f8fad5b-d9cb-469f-a165-70867728950e",
    bootedAt: Date.now() - 3_600_000,
    console: true,
    node: null,
    ...over,
  };
  for (const place of ["ProgramData", "LocalAppData", "Temp", "mutex"])
    mkdirSync(join(dir, place), { recursive: true });
  saveMachine(machine);
  return machine;
}

export function saveMachine(machine: Machine): void {
  writeFileSync(join(machine.dir, "machine.json"), JSON.stringify(machine));
}

export function readMachine(dir: string): Machine {
  const read: unknown = JSON.parse(readFileSync(join(dir, "machine.json"), "utf8"));
  if (typeof read !== "object" || read === null || !("guid" in read) || !("bootedAt" in read)) {
    throw new Error(`no machine in ${dir}`);
  }
  return {
    dir,
    shell: "shell" in read && read.shell === "powershell" ? "powershell" : "cmd",
    version: "version" in read && read.version === 2 ? 2 : 5,
    guid: String(read.guid),
    bootedAt: Number(read.bootedAt),
    console: !("console" in read) || read.console !== false,
    node: "node" in read && read.node !== null ? Node.parse(read.node) : null,
  };
}
