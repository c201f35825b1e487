import { mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync, existsSync } from "node:fs";
import { spawn } from "node:child_process";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { versionOf } from "./cluster.ts";
import { blockOf } from "./interpreter.ts";
import type { Expressions } from "./expressions.ts";
import type { Machine } from "./machine.ts";
import { dateThing, encoding, openMutex } from "./objects.ts";
import {
  isBlock,
  isHash,
  isThing,
  isType,
  list,
  number,
  PsError,
  text,
  thing,
  truth,
  wildcard,
  type Block,
} from "./values.ts";

/** What the types of .NET need of the process that the stand-in plays. */
export type Process = {
  readonly machine: Machine;
  write(stream: "stdout" | "stderr", bytes: Uint8Array): void;
  /** Console output by the code page. */
  setEncoding(): void;
  runBeside(block: Block, args: readonly unknown[]): void;
  readonly thread: { aborted: boolean };
};

type Static = (args: readonly unknown[]) => unknown;

/** A path of the host played, where the machine's files are. */
const native = (path: unknown): string => text(path).replaceAll("\\", "/");

function failing<T>(what: () => T): T {
  try {
    return what();
  } catch (error) {
    throw new PsError(error instanceof Error ? error.message : String(error), "IOException");
  }
}

function streamOf(stream: "stdout" | "stderr", process: Process): unknown {
  const write = (bytes: unknown): void => process.write(stream, bytes instanceof Uint8Array ? bytes : new Uint8Array());
  return thing("Stream", {}, { Write: write, Flush: () => undefined });
}

/** The static members of the types that our scripts use. A name of a method stands for a function of its arguments. */
function statics(process: Process): Readonly<Record<string, Static>> {
  const { machine } = process;
  const folders: Readonly<Record<string, string>> = {
    localapplicationdata: "LocalAppData",
    commonapplicationdata: "ProgramData",
  };
  const writer = (stream: "stdout" | "stderr"): unknown => {
    const say = (end: string) => (value: unknown) => process.write(stream, Buffer.from(text(value) + end));
    return thing("TextWriter", {}, { Write: say(""), WriteLine: say("\r\n"), Flush: () => undefined });
  };
  return {
    "console::openstandardoutput": () => streamOf("stdout", process),
    "console::openstandarderror": () => streamOf("stderr", process),
    "console::out": () => writer("stdout"),
    "console::error": () => writer("stderr"),
    "text.encoding::utf8": () => encoding("utf8"),
    "text.encoding::ascii": () => encoding("latin1"),
    "convert::frombase64string": ([value]) => base64(text(value)),
    "convert::tobase64string": ([bytes]) => (bytes instanceof Uint8Array ? Buffer.from(bytes).toString("base64") : ""),
    "scriptblock::create": ([source]) => blockOf(text(source), machine.version === 2),
    "powershell::create": () => besides(process),
    "threading.thread::sleep": ([ms]) => sleep(number(ms)),
    "threading.thread::currentthread": () => thing("Thread", {}, { Abort: () => void (process.thread.aborted = true) }),
    "hashtable::synchronized": ([hash]) => hash,
    "environment::getfolderpath": ([name]) => join(machine.dir, folders[text(name).toLowerCase()] ?? "?"),
    "environment::osversion": () =>
      thing("OperatingSystem", { Version: thing("Version", {}, { ToString: () => "10.0.17763" }) }),
    "io.path::gettemppath": () => join(machine.dir, "Temp"),
    "io.path::getfilename": ([path]) => basename(native(path)),
    "io.directory::createdirectory": ([path]) => failing(() => mkdirSync(native(path), { recursive: true })),
    "io.directory::getdirectories": ([path, pattern = "*"]) => {
      const like = wildcard(text(pattern));
      const names = failing(() => readdirSync(native(path))).filter((name) => like.test(name));
      return names.map((name) => join(native(path), name)).filter((each) => statSync(each).isDirectory());
    },
    "io.directory::delete": ([path]) => failing(() => rmdirSync(native(path))),
    "io.file::writeallbytes": ([path, bytes]) =>
      failing(() => writeFileSync(native(path), bytes instanceof Uint8Array ? bytes : "")),
    "io.file::writealltext": ([path, content]) => failing(() => writeFileSync(native(path), text(content))),
    "io.file::appendalltext": ([path, content]) =>
      failing(() => writeFileSync(native(path), text(content), { flag: "a" })),
    "io.file::readalltext": ([path]) => failing(() => readFileSync(native(path), "utf8")),
    "io.file::exists": ([path]) => existsSync(native(path)),
    "io.file::delete": ([path]) => failing(() => rmSync(native(path), { force: true })),
    "diagnostics.process::start": () => startProcess(),
    "diagnostics.stopwatch::gettimestamp": () => Date.now() - machine.bootedAt,
    "diagnostics.stopwatch::frequency": () => 1000,
    "diagnostics.fileversioninfo::getversioninfo": ([path]) => versionOf(machine.node, text(path)),
    "math::floor": ([value]) => Math.floor(number(value)),
    "math::ceiling": ([value]) => Math.ceil(number(value)),
    "math::round": ([value]) => Math.round(number(value)),
    "globalization.cultureinfo::invariantculture": () => null,
    "datetime::utcnow": () => {
      const seconds = thing("Double", {}, { ToString: () => (Date.now() / 1000).toFixed(3) });
      return thing("DateTime", {}, { Subtract: () => thing("TimeSpan", { TotalSeconds: seconds }) });
    },
    "security.principal.windowsidentity::getcurrent": () => thing("WindowsIdentity", { Name: "WIN1\\ada" }),
    "security.principal.windowsbuiltinrole::administrator": () => "Administrator",
    "management.managementdatetimeconverter::todatetime": ([value]) => fromWmi(text(value)),
    "threading.mutex::openexisting": ([name]) => openMutex(machine, text(name)),
  };
}

/** A program that takes its time, whichever was asked for. */
function startProcess(): unknown {
  const child = spawn("/bin/sleep", ["300"], { stdio: ["ignore", "inherit", "inherit"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  return thing("Process", { Id: child.pid }, { WaitForExit: () => ended });
}

/** As .NET does: whole groups of four from the alphabet, white space apart. */
function base64(value: string): Uint8Array {
  const plain = value.replaceAll(/\s/g, "");
  if (plain.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(plain)) {
    throw new PsError("Invalid length for a Base-64 char array or string.", "FormatException");
  }
  return Buffer.from(plain, "base64");
}

function fromWmi(value: string): unknown {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)\.(\d{3})\d{3}\+000$/.exec(value);
  if (match === null) throw new PsError("Specified argument was out of the range of valid values.");
  const [year = 0, month = 1, ...rest] = match.slice(1).map(Number);
  return dateThing(new Date(Date.UTC(year, month - 1, ...rest)));
}

/** A second runspace in the same process. */
function besides(process: Process): unknown {
  let source = "";
  const args: unknown[] = [];
  const self: unknown = thing(
    "PowerShell",
    {},
    {
      AddScript: (script) => ((source = text(script)), self),
      AddArgument: (value) => (args.push(value), self),
      BeginInvoke: () => process.runBeside(blockOf(source, process.machine.version === 2), args),
    },
  );
  return self;
}

/** Members, methods, casts. */
export function dotnet(process: Process): Expressions {
  const known = statics(process);
  const ofType = (type: string, name: string): Static => {
    const found = known[`${type.replace(/^system\./, "")}::${name.toLowerCase()}`];
    if (found === undefined) throw new PsError(`Method or property [${type}]::${name} is not in the stand-in`);
    return found;
  };
  return {
    member(owner, name, strict) {
      if (isType(owner)) return ofType(owner.name, name)([]);
      const key = name.toLowerCase();
      if (isThing(owner) && owner.members.has(key)) return owner.members.get(key);
      if (isHash(owner) && owner.entries.has(key)) return owner.entries.get(key)?.[1];
      if (key === "count" || key === "length") {
        if (isHash(owner)) return owner.entries.size;
        if (Array.isArray(owner) || typeof owner === "string") return owner.length;
      }
      if (Array.isArray(owner) && owner.length > 0) return owner.map((each) => this.member(each, name, strict));
      if (strict) throw new PsError(`The property '${name}' cannot be found on this object. Make sure that it exists.`);
      return null;
    },
    setMember(owner, name, value) {
      if (isType(owner)) return setStatic(owner.name, text(name), process);
      const key = text(name).toLowerCase();
      if (isHash(owner)) owner.entries.set(key, [name, value]);
      else if (isThing(owner)) {
        owner.setters?.get(key)?.(value);
        owner.members.set(key, value);
      } else throw new PsError(`The property '${text(name)}' cannot be set`);
    },
    call(owner, name, args) {
      if (isType(owner)) return ofType(owner.name, name)(args);
      const key = name.toLowerCase();
      if (isThing(owner)) {
        const method = owner.methods.get(key);
        if (method !== undefined) return method(...args);
      }
      if (isHash(owner) && key === "containskey") return owner.entries.has(text(args[0]).toLowerCase());
      if (key === "gettype") return thing("Type", { Name: typeName(owner) });
      const found = TEXT[key];
      if (owner === null) throw new PsError("You cannot call a method on a null-valued expression.");
      if (found === undefined)
        throw new PsError(`Method invocation failed because it does not contain a method named '${name}'.`);
      return found(text(owner), args);
    },
    cast(type, value) {
      const plain = type.replace(/^system\./, "");
      if (/^(?:int|int32|long|int64)$/.test(plain)) return Math.trunc(number(value));
      if (plain === "double") return number(value);
      if (plain === "string") return text(value);
      if (plain === "bool") return truth(value);
      throw new PsError(`Unable to find type [${type}].`);
    },
    isA(value, type) {
      if (type === "string") return typeof value === "string";
      return type === "valuetype" ? typeof value === "number" || typeof value === "boolean" : false;
    },
    add(left, right) {
      if (Array.isArray(left)) return [...left, ...list(right)];
      if (left === null || left === undefined) return right;
      return typeof left === "number" ? left + number(right) : text(left) + text(right);
    },
    errorRecord: (error) =>
      thing("ErrorRecord", {
        exception: thing(error.type, { message: error.message }),
        fullyqualifiederrorid: error.type,
        invocationinfo: thing("InvocationInfo", { scriptname: "", scriptlinenumber: error.line ?? 1 }),
        message: error.message,
      }),
    warnInto: (emit) => async (kind, message) => emit(thing(kind, { message })),
  };
}

function setStatic(type: string, name: string, process: Process): void {
  if (type !== "console" || !/^(?:out|in)putencoding$/i.test(name))
    throw new PsError(`[${type}]::${name} cannot be set`);
  if (!process.machine.console) throw new PsError("The handle is invalid.", "IOException");
  if (/^out/i.test(name)) process.setEncoding();
}

function typeName(value: unknown): string {
  if (isThing(value)) return value.type;
  if (isBlock(value)) return "ScriptBlock";
  return typeof value === "number" ? "Int32" : typeof value === "boolean" ? "Boolean" : "String";
}

const TEXT: Readonly<Record<string, (value: string, args: readonly unknown[]) => unknown>> = {
  trim: (value, [chars]) => {
    if (chars === undefined) return value.trim();
    const set = new Set(list(chars).map(text));
    let [from, to] = [0, value.length];
    while (from < to && set.has(value[from] ?? "")) from++;
    while (to > from && set.has(value[to - 1] ?? "")) to--;
    return value.slice(from, to);
  },
  tochararray: (value) => Array.from(value),
  toupper: (value) => value.toUpperCase(),
  tolower: (value) => value.toLowerCase(),
  tostring: (value) => value,
  startswith: (value, [other]) => value.startsWith(text(other)),
  contains: (value, [other]) => value.includes(text(other)),
  replace: (value, [other, by]) => value.replaceAll(text(other), text(by)),
  split: (value, [by]) => value.split(text(by)),
  padright: (value, [width, char = " "]) => value.padEnd(number(width), text(char)),
  padleft: (value, [width]) => value.padStart(number(width)),
};
