import { assembleWindows, type Members, type Value } from "./powershell.ts";
import { dropWindowsLock, underWindowsLock } from "./powershell-lock.ts";

/** One promise about Windows hosts, as a script and what must come of it. Regular expressions are for what differs from host to host. */
export type Trial = {
  readonly name: string;
  readonly text: string;
  /** Seconds. */
  readonly timeout: number;
  readonly wanted: {
    /** `exit N`, or `late` where the host ends it with all that it started. */
    readonly end: string;
    readonly stdout: string | RegExp;
    readonly stderr: string | RegExp;
  };
};

const ODD = "gr\u00F6\u00DFe \u6F22\u5B57 \u{1F600}";
const QUOTES = `it's \u2018odd\u2019 \u201Atoo\u201B "$x" \`n %PATH% ^& | < >\n\tend`;
const LONG = 100_000;
const PATIENCE = 60;
const CLAIM = { run: "selftest", place: 1, by: "selftest", since: 0, need: 1, within: null };

/** The first thing that the script which is ended at its deadline prints is the id of a process that it started. */
export const DEADLINE = "a deadline ends a script and what it started";

/** What `runbook ping --windows-selftest` tries, in order. Nothing is left on the host but an empty directory for locks. */
export const TRIALS: readonly Trial[] = [
  trial(
    "a script far longer than a command line",
    `$text = '${"x".repeat(LONG)}'\n$text.Length`,
    "exit 0",
    `${LONG}\n`,
  ),
  trial("UTF-8 to the host and back", "$rb.odd; $rb.odd.Length", "exit 0", `${ODD}\n${ODD.length}\n`),
  trial("values, whatever quotes they hold", "$rb.quotes", "exit 0", `${QUOTES}\n`),
  trial("numbers as numbers", "if (100 -gt $rb.number -and $rb.number -gt 9) { 'well' }", "exit 0", "well\n"),
  trial("the exit status of a script", "'said'\nexit 3", "exit 3", "said\n"),
  trial("the exit status of a program", "cmd.exe /c 'exit 7'", "exit 7"),
  trial(
    "an error ends a script, with its line",
    "'before'\n\nthrow 'no such thing'\n'after'",
    "exit 1",
    "before\n",
    "line 3: no such thing\n",
  ),
  trial(
    "warnings and progress are no output, and no CLIXML",
    "Write-Warning 'w'\nWrite-Progress -Activity 'p'\n'x'",
    "exit 0",
    "x\n",
    /^(WARNING: w\n)?$/,
  ),
  {
    ...trial(
      DEADLINE,
      "$one = [Diagnostics.Process]::Start('ping.exe', '-n 300 127.0.0.1')\n[string]$one.Id\n$one.WaitForExit()\n'went on'",
      "late",
      /^\d+\n/,
      "",
    ),
    timeout: 2,
  },
  trial(
    "a private directory",
    "Test-Path -LiteralPath $rb.keep\nRemove-Item -LiteralPath $rb.keep",
    "exit 0",
    "True\n",
    "",
    "selftest",
  ),
  {
    ...trial("the host's lock", "", "exit 0", "in\n"),
    text: `${underWindowsLock(CLAIM, "'in'", "rb-selftest")}\n${dropWindowsLock(CLAIM)}`,
  },
];

function trial(
  name: string,
  body: string,
  end: string,
  stdout: string | RegExp = "",
  stderr: string | RegExp = "",
  keepName?: string,
): Trial {
  const members: Members = new Map<string, Value>([
    ["odd", { kind: "text", text: ODD }],
    ["quotes", { kind: "text", text: QUOTES }],
    ["number", { kind: "number", text: "90" }],
  ]);
  const keep = keepName === undefined ? {} : { keepName };
  const text = assembleWindows({ members, functions: "", files: new Map(), filesName: "", body, ...keep });
  return { name, text, timeout: PATIENCE, wanted: { end, stdout, stderr } };
}

/** A script that tells whether a process is there. */
export function isThere(pid: string): string {
  return `[string][bool]@(Get-Process -Id ${Number(pid)} -ErrorAction SilentlyContinue)`;
}
