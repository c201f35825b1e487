import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dialectOf } from "../../../src/script/dialect.ts";
import { assembleWindows, dropWindowsKeep, literal, type Value } from "../../../src/script/powershell.ts";
import {
  endScript,
  IDENTITY,
  mayLeave,
  windowsCommand,
  windowsFrame,
  windowsInput,
} from "../../../src/script/powershell-session.ts";
import { TRIALS } from "../../../src/script/powershell-selftest.ts";
import { readWindowsProbe, WINDOWS_PROBE } from "../../../src/script/powershell-probe.ts";
import { withoutClixml } from "../../../src/script/clixml.ts";
import { powershellFaults, scriptsWithin, unquoted } from "../../kit/powershell-syntax.ts";

const QUOTES = "'\u2018\u2019\u201A\u201B";
const odd = fc.string({ unit: fc.constantFrom(...Array.from(`${QUOTES}"$\`\n\r\t#@{}(); aé漢😀`)) });
const claim = { run: "20261121-0900-ab12", place: 1, by: "ada@bastion", since: 1, need: 60, within: 12.5 };

describe("a literal", () => {
  test("is one string to PowerShell, whatever is in it, and means nothing but itself", () => {
    fc.assert(
      fc.property(odd, (text) => {
        const written = literal(text);
        expect(unquoted(written)).toBe(text);
        // Every quote inside stands beside one of its own kind, so none ends the string.
        expect(written.slice(1, -1).replaceAll(/(['\u2018-\u201B])\1/g, "")).not.toMatch(/['\u2018-\u201B]/);
      }),
    );
  });

  test("is what a parser of the language reads as one string, where its quotes are plain", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...Array.from("'\"$`\n#@{}(); aé")) }), (text) => {
        expect(powershellFaults(`$x = ${literal(text)}; $y`)).toEqual([]);
      }),
    );
  });

  test("cannot hold NUL", () => {
    expect(() => literal("a\0b")).toThrow("NUL");
  });
});

describe("every script of ours", () => {
  const members = new Map<string, Value>([
    ["path", { kind: "text", text: "C:\\it's" }],
    ["count", { kind: "number", text: "-5" }],
    ["share", { kind: "number", text: "1e21" }],
    ["on", { kind: "boolean", yes: true }],
    ["none", { kind: "null" }],
    ["findings", { kind: "objects", objects: [new Map([["a", { kind: "number", text: "1" }]])] }],
  ]);
  const files = new Map([["tool.ps1", Buffer.from("'x'")]]);
  const whole = { members, functions: "function A { 'b' }", files, filesName: "files-12345678", keepName: "keep" };
  const body = 'foreach ($x in 1..3) {\n  if ($x -gt $rb.count) { "it\'s $x" }\n}';
  const assembled = assembleWindows({ ...whole, body });
  const windows = dialectOf("powershell");
  test.for<[string, string]>([
    ["of a runbook", windowsFrame({ script: assembled, mark: "rb-1", deadline: 30, tidy: true })],
    [
      "of a fix",
      windowsFrame({ script: windows.underLock(claim, assembled, "rb-2"), mark: "rb-1", deadline: null, tidy: false }),
    ],
    ["that locks for nothing seen", windows.underLock({ ...claim, within: null }, "#", "rb-2")],
    ["that gives the lock back", windows.dropLock(claim)],
    ["that drops what was kept", dropWindowsKeep("keep")],
    ["that ends another", endScript(1234)],
    ...TRIALS.map(({ name, text }): [string, string] => [`that tries ${name}`, text]),
    ["that tells who the host is", IDENTITY],
    ["that asks a host about itself", WINDOWS_PROBE],
    ["that reboots", windows.reboot],
    ["that tells the version", windows.kernel],
  ])("is PowerShell as far as a parser tells: %s", ([, text]) => {
    const all = scriptsWithin(text);
    for (const script of all) expect(powershellFaults(script)).toEqual([]);
  });
});

test("a frame holds the body as it is", () => {
  const script = 'foreach ($x in 1..3) {\n  "it\'s $x"\n}';
  const parts = { members: new Map(), functions: "", files: new Map(), filesName: "", body: script };
  const text = windowsFrame({ script: assembleWindows(parts), mark: "rb-1", deadline: 1, tidy: false });
  expect(scriptsWithin(text)).toContain(script);
});

describe("the command", () => {
  test.for(["cmd", "powershell"] as const)(
    "of a host with %s is short, constant, and free of what shells read",
    (shell) => {
      const command = windowsCommand(shell);
      expect(command.length).toBeLessThan(1500);
      expect(command.replace("; exit $LASTEXITCODE", "")).toMatch(/^powershell\.exe( -[A-Za-z]+| [A-Za-z0-9+/=]+)+$/);
      const encoded = /-EncodedCommand (\S+)/.exec(command)?.[1]?.replace(";", "") ?? "";
      const bootstrap = Buffer.from(encoded, "base64").toString("utf16le");
      expect(bootstrap).toContain("$input");
      expect(powershellFaults(bootstrap)).toEqual([]);
    },
  );

  test("gets its script as lines of base64 with a last one that says that it is whole", () => {
    const text = "'é漢'\n".repeat(2000);
    const lines = windowsInput(text).split("\n");
    expect(lines.slice(-2)).toEqual([".", ""]);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(1000);
    expect(Buffer.from(lines.slice(0, -2).join(""), "base64").toString("utf8")).toBe(text);
  });
});

test("what may leave something behind is told, too often rather than never", () => {
  expect(
    ["Start-Process notepad", "start notepad", "Start-Job { }", "schtasks /run /tn x"].filter(mayLeave),
  ).toHaveLength(4);
  expect(["Get-Process | Where-Object { $_.Id }", "'a' -eq 'b'"].filter(mayLeave)).toEqual([]);
});

test("what a Windows host tells of itself is read, and what it does not tell is not known", () => {
  const said =
    "clock 1794000000.123\nuser WIN1\\ada\nadmin True\nkernel 10.0.17763\nos Microsoft Windows Server 2019\ndisk C: 1000 100\nend -\n";
  expect(readWindowsProbe(said)).toMatchObject({
    clock: { at: 1_794_000_000.123, whole: false },
    user: "WIN1\\ada",
    privilege: { kind: "root" },
    os: { name: "Windows Server 2019", id: "windows", version: "10.0.17763" },
    places: [{ at: "C:", size: 1000, free: 100 }],
    uptime: null,
    whole: true,
  });
  expect(readWindowsProbe("")).toMatchObject({ clock: null, os: null, privilege: { kind: "unknown" }, whole: false });
});

describe("CLIXML", () => {
  const progress = '<Obj S="progress" RefId="0"><MS><AV>Preparing modules for first use.</AV></MS></Obj>';
  const head = '#< CLIXML\r\n<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">';

  test("that tells of progress is removed", () => {
    expect(withoutClixml(`before\n${head}${progress}</Objs>\r\nafter\n`)).toBe("before\nafter\n");
  });

  test("that tells of an error or a warning is read", () => {
    const error =
      '<S S="Error">no &lt;such&gt; thing_x000D__x000A_</S><S S="Error">at line 3_x000D__x000A_</S><S S="warning">w</S>';
    expect(withoutClixml(`${head}${progress}${error}</Objs>`)).toBe("no <such> thing\nat line 3\nWARNING: w");
  });

  test("is read also where its frame ends after our marks, or began before them", () => {
    expect(withoutClixml(`${head}${progress}<S S="warning">w_x000D__x000A_</S>`)).toBe("WARNING: w\n");
    expect(withoutClixml(`said\n${progress}</Objs>\r\n`)).toBe("said\n");
  });

  test("that is torn stays, so that no error gets lost in it", () => {
    expect(withoutClixml(`${head}<S S="Error">half`)).toBe('<S S="Error">half');
  });

  test("is looked for only where it is", () => {
    expect(withoutClixml('<S S="Error">x</S>')).toBe('<S S="Error">x</S>');
  });
});
