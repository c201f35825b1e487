/**
 * A stand-in for the login shell of a Windows host, run by a real sshd: it takes the command that was sent as cmd.exe or PowerShell would, by what is
 * documented of them, and runs the PowerShell in it by an interpreter that knows a part of the language. It is no Windows.
 */
import { readFileSync, writeSync } from "node:fs";
import { commands, unknown } from "./commands.ts";
import { dotnet } from "./dotnet.ts";
import { blockOf, invoke } from "./interpreter.ts";
import { type Context, newScope, type Shell } from "./scope.ts";
import { type Machine, readMachine } from "./machine.ts";
import { type Block, Leave, PsError, text, thing } from "./values.ts";

/** The longest command line of cmd.exe, and of any process. */
const LONGEST = { cmd: 8191, powershell: 32_767 };

const machine = readMachine(process.argv[2] ?? "");

async function login(command: string): Promise<number> {
  const prefix = machine.shell === "cmd" ? 'C:\\Windows\\system32\\cmd.exe /c ""' : 'powershell.exe -c ""';
  if (prefix.length + command.length > LONGEST[machine.shell]) return say("stderr", "The command line is too long.", 1);
  if (machine.shell === "cmd") {
    if (/[&|<>^%"]/.test(command)) return say("stderr", "The syntax of the command is incorrect.", 1);
    return program(command.split(" "));
  }
  // A profile that talks, as many do.
  say("stdout", "Loading personal and system profiles took 912ms.", 0);
  const [first = "", ...rest] = command.split("; ");
  const code = await program(first.split(" "));
  return rest.join("; ") === "exit $LASTEXITCODE" ? code : Math.min(code, 1);
}

/** PowerShell's own command line, as `powershell.exe -?` documents it. */
async function program([name = "", ...words]: readonly string[]): Promise<number> {
  if (name.toLowerCase() !== "powershell.exe") {
    return say(
      "stderr",
      `'${name}' is not recognized as an internal or external command,\r\noperable program or batch file.`,
      1,
    );
  }
  let encoded = "";
  let format = "";
  for (let at = 0; at < words.length; at++) {
    switch (words[at]?.toLowerCase() ?? "") {
      case "-nologo":
      case "-noprofile":
      case "-noninteractive":
        break;
      case "-executionpolicy":
        at += 1;
        break;
      case "-outputformat":
        format = words[(at += 1)] ?? "";
        break;
      case "-encodedcommand":
        encoded = words[(at += 1)] ?? "";
        break;
      default:
        return say("stderr", `${words[at]}: no such parameter`, 1);
    }
  }
  const command = decoded(encoded);
  if (command === null) {
    return say(
      "stderr",
      "Cannot process the command because the value specified with -EncodedCommand is not properly encoded.",
      1,
    );
  }
  return run(command, format);
}

/** UTF-16LE in base64, and nothing that only looks like it. */
function decoded(value: string): string | null {
  if (value === "" || value.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(value)) return null;
  const bytes = Buffer.from(value, "base64");
  const command = bytes.toString("utf16le");
  return bytes.length % 2 === 0 && command.isWellFormed() ? command : null;
}

/** Whether console output is UTF-8; else it is of a code page that knows little more than ASCII. */
let utf8 = false;

function say(stream: "stdout" | "stderr", line: string, code: number): number {
  const bytes = Buffer.from(`${line}\r\n`);
  write(stream, utf8 ? bytes : Buffer.from(`${line}\r\n`.replaceAll(/[^\0-\u00FF]/gu, "?"), "latin1"));
  return code;
}

function write(stream: "stdout" | "stderr", bytes: Uint8Array): void {
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(stream === "stdout" ? 1 : 2, bytes, at);
  } catch (error) {
    throw new PsError(error instanceof Error ? error.message : "the pipe has ended", "IOException");
  }
}

async function run(command: string, format: string): Promise<number> {
  const variables = new Map<string, unknown>([
    ["lastexitcode", undefined],
    ["pid", process.pid],
    ["true", true],
    ["false", false],
    ["null", null],
    ["psversiontable", versions(machine)],
    // As the console reads it: by a code page.
    ["input", /\$input\b/.test(command) ? linesOf(readFileSync(0).toString("latin1")) : []],
  ]);
  const thread = { aborted: false };
  const player = { machine, say: (stream: "stdout" | "stderr", line: string) => void say(stream, line, 0) };
  const cmdlets = commands({ ...player, setExit: (code) => void variables.set("lastexitcode", code) });
  const shell: Shell = {
    oldParser: machine.version === 2,
    types: dotnet({
      machine,
      write,
      setEncoding: () => void (utf8 = true),
      thread,
      runBeside: (block, args) => void invoke(block.node, args, fresh({ aborted: false })).catch(() => undefined),
    }),
    variable: (name) => {
      if (name.startsWith("env:")) return process.env[name.slice(4).toUpperCase()] ?? null;
      return variables.get(name) ?? (variables.has(name) ? null : undefined);
    },
    setVariable: (name, value) => variables.has(name) && variables.set(name, value) === variables,
    command: async (name, args, input, context) => {
      const cmdlet = cmdlets[name.toLowerCase()];
      if (cmdlet === undefined) throw unknown(name);
      await cmdlet(args, input, context);
    },
  };
  const fresh = (on: Context["thread"]): Context => ({
    shell,
    thread: on,
    scope: newScope(null),
    emit: async (value) => void say("stdout", text(value), 0),
    warn: async (kind, message) => void say("stdout", kind === "WarningRecord" ? `WARNING: ${message}` : message, 0),
  });
  return toEnd(blockOf(command, shell.oldParser), fresh(thread), format);
}

async function toEnd(block: Block, context: Context, format: string): Promise<number> {
  try {
    await invoke(block.node, [], context, true);
    return 0;
  } catch (error) {
    if (error instanceof Leave) return error.how === "exit" ? error.code & 0xff : 0;
    if (!(error instanceof PsError)) throw error;
    const xml = `#< CLIXML\r\n<Objs Version="1.1.0.1"><S S="Error">${error.message}_x000D__x000A_</S></Objs>`;
    return say("stderr", format.toLowerCase() === "text" ? error.message : xml, 1);
  }
}

function versions({ version }: Machine): unknown {
  return thing("Hashtable", {
    PSVersion: thing("Version", { Major: version, message: version === 2 ? "2.0" : "5.1.17763.1" }),
  });
}

function linesOf(all: string): string[] {
  return all === "" ? [] : all.replace(/\r?\n$/, "").split(/\r?\n/);
}

process.exit(await login(process.env["SSH_ORIGINAL_COMMAND"] ?? ""));
