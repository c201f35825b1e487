import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { eventsOf, now, ownersIn, readCluster, wmiOf } from "./cluster.ts";
import { dateThing, newObject } from "./objects.ts";
import { invoke } from "./interpreter.ts";
import type { Arguments, Context } from "./scope.ts";
import { type Machine, saveMachine } from "./machine.ts";
import { compare, isBlock, isThing, list, number, PsError, text, thing, truth } from "./values.ts";

/** One cmdlet. `input` null: it stands first in its pipeline. */
type Command = (args: Arguments, input: readonly unknown[] | null, context: Context) => Promise<void>;

/** What cmdlets need of the process that the stand-in plays. */
export type Player = {
  readonly machine: Machine;
  /** Console output, by the code page. */
  say(stream: "stdout" | "stderr", line: string): void;
  setExit(code: number): void;
};

/** The cmdlets that our scripts and those of the tests use, by names in lower case. */
export function commands(player: Player): Readonly<Record<string, Command>> {
  const { machine } = player;
  const modern = machine.version > 2;
  return {
    "foreach-object": async (args, input, context) => {
      const block = get(args, "-process");
      for (const each of input ?? []) await withItem(block, each, context);
    },
    "where-object": async (args, input, context) => {
      const block = get(args, "-filterscript");
      for (const each of input ?? []) {
        const kept: unknown[] = [];
        await withItem(block, each, { ...context, emit: async (value) => void kept.push(value) });
        if (truth(kept)) await context.emit(each);
      }
    },
    "sort-object": async (args, input, { emit }) => {
      const sorted = (input ?? []).toSorted((a, b) => compare(sortable(a), sortable(b)));
      const same = (one: unknown, at: number): boolean => at > 0 && compare(sorted[at - 1], one) === 0;
      for (const [at, each] of sorted.entries()) if (!(args.named.has("-unique") && same(each, at))) await emit(each);
    },
    "out-string": async (_, input, { emit }) => emit(`\r\n${(input ?? []).map(shown).join("\r\n")}\r\n\r\n`),
    "write-output": async (args, input, { emit }) => {
      for (const each of input ?? args.positional.flatMap(list)) await emit(each);
    },
    "write-host": async (args, _, context) => context.warn("InformationRecord", args.positional.map(text).join(" ")),
    "write-warning": async (args, _, context) => context.warn("WarningRecord", text(get(args, "-message"))),
    "write-progress": async () => undefined,
    "write-error": async (args) => {
      throw new PsError(text(get(args, "-message")), "WriteErrorException");
    },
    "set-strictmode": async (_, __, { scope }) => void (scope.strict = true),
    "start-sleep": async (args) => {
      const ms = args.named.get("-milliseconds");
      await sleep(ms === undefined ? number(get(args, "-seconds")) * 1000 : number(ms));
    },
    "new-object": async (args, _, { emit }) => {
      const parts = list(args.named.get("-argumentlist"));
      await emit(newObject(machine, text(get(args, "-typename")), parts, args.named.get("-property")));
    },
    "add-member": async (args) => {
      const owner = args.named.get("-inputobject");
      if (isThing(owner)) owner.members.set(text(args.named.get("-name")).toLowerCase(), args.named.get("-value"));
    },
    "get-command": async (args, _, { emit }) => {
      const name = text(get(args, "-name")).toLowerCase();
      const there = name in commands(player) && (modern || !["get-ciminstance", "convertto-json"].includes(name));
      if (there) await emit(thing("CmdletInfo", { Name: name }));
      else if (text(args.named.get("-erroraction")).toLowerCase() !== "silentlycontinue") throw unknown(name);
    },
    "get-ciminstance": async (args, _, { emit }) => {
      if (!modern) throw unknown("Get-CimInstance");
      for (const each of wmi(machine, args, (value) => dateThing(value))) await emit(each);
    },
    "get-wmiobject": async (args, _, { emit }) => {
      for (const each of wmi(machine, args, (value) => `${value.toISOString().replaceAll(/[-:TZ]/g, "")}000+000`))
        await emit(each);
    },
    "get-itemproperty": async (args, _, { emit }) => {
      const path = text(args.named.get("-literalpath"));
      if (path !== "HKLM:\\SOFTWARE\\Microsoft\\Cryptography") throw new PsError(`Cannot find path '${path}'`);
      await emit(thing("PSCustomObject", { MachineGuid: machine.guid }));
    },
    "stop-process": async (args) => {
      const id = number(args.named.get("-id"));
      if (!existsSync(`/proc/${id}`)) throw new PsError(`Cannot find a process with the process identifier ${id}.`);
      process.kill(id, "SIGKILL");
    },
    "get-process": async (args, _, { emit }) => {
      const id = number(args.named.get("-id"));
      if (existsSync(`/proc/${id}`) && !isZombie(id)) await emit(thing("Process", { Id: id }));
    },
    "start-process": async (args) => {
      const [program, ...rest] = [text(get(args, "-filepath")), ...list(get(args, "-argumentlist", 1)).map(text)];
      spawn(program, rest, { stdio: ["ignore", "inherit", "inherit"] }).unref();
    },
    "test-path": async (args, _, { emit }) =>
      emit(existsSync(pathOf(get(args, "-literalpath") ?? args.named.get("-path")))),
    "join-path": async (args, _, { emit }) => {
      await emit(join(pathOf(get(args, "-path")), pathOf(get(args, "-childpath", 1))));
    },
    "remove-item": async (args) => {
      const path = pathOf(get(args, "-literalpath"));
      if (!existsSync(path)) throw new PsError(`Cannot find path '${path}' because it does not exist.`);
      rmSync(path, { recursive: true, force: true });
    },
    "get-content": async (args, _, { emit }) => {
      const path = pathOf(get(args, "-path") ?? args.named.get("-literalpath"));
      if (!existsSync(path)) throw new PsError(`Cannot find path '${path}' because it does not exist.`);
      for (const line of readFileSync(path, "utf8")
        .replace(/\r?\n$/, "")
        .split(/\r?\n/))
        await emit(line);
    },
    "set-content": async (args) => {
      const value = list(args.named.get("-value") ?? args.positional[1]).map(text);
      writeFileSync(pathOf(get(args, "-path") ?? args.named.get("-literalpath")), `${value.join("\r\n")}\r\n`);
    },
    "get-random": async (args, _, { emit }) => emit(Math.floor(Math.random() * number(args.named.get("-maximum")))),
    "get-acl": async (_, __, { emit }) => emit(thing("DirectorySecurity", { Owner: "WIN1\\ada" })),
    "convertto-json": async (args, input, { emit }) => {
      if (!modern) throw unknown("ConvertTo-Json");
      const all = (input ?? [get(args, "-inputobject")]).map(plain);
      await emit(JSON.stringify(all.length === 1 ? all[0] : all, null, args.named.has("-compress") ? 0 : 2));
    },
    ...ofCluster(player),
    "cmd.exe": async (args, _, { emit }) => {
      const [, ...words] = args.positional.map(text);
      const ran = await run("/bin/sh", ["-c", words.join(" ")]);
      player.setExit(ran.code);
      for (const line of ran.out.replace(/\n$/, "").split("\n")) if (ran.out !== "") await emit(line);
    },
    "shutdown.exe": async (args) => {
      if (args.positional.map(text).join(" ") !== "/r /t 0") throw new PsError("shutdown.exe: wrong arguments");
      machine.bootedAt = Date.now();
      saveMachine(machine);
      player.setExit(0);
      // The login goes down with it, a little later, in a session that outlives what is killed.
      spawn("/bin/sh", ["-c", `sleep 0.3; kill ${process.ppid}`], { stdio: "ignore", detached: true }).unref();
    },
  };
}

const emitting = (all: (args: Arguments) => readonly unknown[]): Command => {
  return async (args, _, { emit }) => {
    for (const each of all(args)) await emit(each);
  };
};

/** What a node of a failover cluster has besides. PowerShell 2 knows the commands of a module only once it was imported. */
function ofCluster(player: Player): Readonly<Record<string, Command>> {
  const { machine } = player;
  const { node } = machine;
  let imported = machine.version > 2;
  const own = (name: string): NonNullable<typeof node> => {
    if (node === null || !imported) throw unknown(name);
    return node;
  };
  return {
    "import-module": async (args) => {
      if (node === null) throw new PsError(`The specified module '${text(get(args, "-name"))}' was not loaded`);
      imported = true;
    },
    "get-date": emitting(() => [now()]),
    "get-winevent": emitting((args) => (node === null ? [] : eventsOf(node, get(args, "-filterhashtable")))),
    "get-cluster": emitting(() => {
      const { service, cluster } = own("Get-Cluster");
      if (service !== "Running") throw new PsError("The cluster service is not running.", "ClusterCmdletException");
      return [thing("Cluster", { Name: readCluster(cluster).name })];
    }),
    "get-clusterresource": emitting(() => ownersIn(own("Get-ClusterResource"), "resources")),
    "get-clusterresourcetype": emitting(() => ownersIn(own("Get-ClusterResourceType"), "types")),
    "fltmc.exe": emitting(() => {
      player.setExit(node?.filters ? 0 : 1);
      return node?.filters ?? ["", "Zugriff verweigert"];
    }),
  };
}

function get({ named, positional }: Arguments, name: string, at = 0): unknown {
  return named.get(name) ?? positional[at];
}

/** What PowerShell says of a name that is no command. */
export function unknown(name: string): PsError {
  return new PsError(
    `The term '${name}' is not recognized as the name of a cmdlet, function, script file, or operable program.`,
    "CommandNotFoundException",
  );
}

async function withItem(block: unknown, item: unknown, context: Context): Promise<void> {
  if (!isBlock(block)) throw new PsError("a script block is expected");
  const before = context.scope.variables.get("_");
  context.scope.variables.set("_", item);
  await invoke(block.node, [], context, true);
  context.scope.variables.set("_", before);
}

const pathOf = (value: unknown): string => text(value).replaceAll("\\", "/");
const sortable = (value: unknown): unknown => (isThing(value) ? (value.members.get("ticks") ?? text(value)) : value);

function shown(value: unknown): string {
  if (!isThing(value)) return text(value);
  return [...value.members].map(([name, member]) => `${name} : ${text(member)}`).join("\r\n");
}

function plain(value: unknown): unknown {
  if (isThing(value)) return Object.fromEntries([...value.members].map(([name, member]) => [name, plain(member)]));
  return Array.isArray(value) ? value.map(plain) : value;
}

/** Win32_Process and Win32_OperatingSystem, from this machine's own processes. */
function wmi(machine: Machine, { named }: Arguments, date: (value: Date) => unknown): unknown[] {
  const name = text(named.get("-classname") ?? named.get("-class"));
  const boot = date(new Date(machine.bootedAt));
  const told = wmiOf(machine.node, name);
  if (told !== null) return told;
  if (name === "Win32_OperatingSystem")
    return [thing(name, { LastBootUpTime: boot, Caption: "Microsoft Windows Server 2019" })];
  if (name === "Win32_LogicalDisk")
    return [thing(name, { DeviceID: "C:", Size: 100 * 2 ** 30, FreeSpace: 2 ** 30, DriveType: 3 })];
  if (name !== "Win32_Process") throw new PsError("Invalid class");
  const own = /^Name = '(.+)'$/.exec(text(named.get("-filter")))?.[1];
  const first = thing(name, {
    Name: "smss.exe",
    ProcessId: 4,
    ParentProcessId: 0,
    CreationDate: date(new Date(machine.bootedAt)),
  });
  const all =
    own === undefined ? processes().map((each) => thing(name, { ...each, CreationDate: date(each.began) })) : [];
  return own === undefined || own === "smss.exe" ? [first, ...all] : all;
}

function processes(): { ProcessId: number; ParentProcessId: number; Name: string; began: Date }[] {
  return readdirSync("/proc").flatMap((pid) => {
    const stat = /^\d+$/.test(pid) && existsSync(`/proc/${pid}/stat`) ? statOf(pid) : null;
    if (stat === null) return [];
    const [, name = "", rest = ""] = /\((.*)\) (.*)$/s.exec(stat) ?? [];
    const fields = rest.split(" ");
    if (fields[0] === "Z") return [];
    const began = new Date(Number(fields[19]) * 10);
    return [{ ProcessId: Number(pid), ParentProcessId: Number(fields[1]), Name: name, began }];
  });
}

function statOf(pid: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return null;
  }
}

function isZombie(pid: number): boolean {
  return /\) Z /.test(statOf(String(pid)) ?? ") Z ");
}

function run(program: string, args: readonly string[]): Promise<{ code: number; out: string }> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
    let out = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (out += chunk));
    child.once("close", (code) => resolve({ code: code ?? 1, out }));
  });
}
