import { readdirSync, renameSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { pingHost } from "../../src/cli/ping-host.ts";
import { windowsSelftest } from "../../src/cli/windows-selftest.ts";
import type { Host } from "../../src/model/inventory.ts";
import type { Connection, Script } from "../../src/run/ports.ts";
import { assembleWindows, type Value } from "../../src/script/powershell.ts";
import type { Claim } from "../../src/script/lock.ts";
import { dropWindowsLock, underWindowsLock } from "../../src/script/powershell-lock.ts";
import { TRIALS } from "../../src/script/powershell-selftest.ts";
import { connected, faultOf, plainOpenssh, plainSsh, script, told } from "../kit/connections.ts";
import { allProcesses, eventually, killIfThere } from "../kit/processes.ts";
import { startWindows, type Windows } from "../kit/windows/sshd.ts";
import type { Machine } from "../kit/windows/machine.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

// A real sshd; behind it a stand-in for Windows and its PowerShell, which this has not run on yet.
let windows: Windows;
beforeAll(async () => {
  windows = await startWindows();
});
afterAll(() => windows[Symbol.asyncDispose]());

function login(over: Partial<Machine> = {}): Promise<Connection> {
  windows.be(over);
  return connected(plainSsh(), windows.host());
}

/** A runbook's script as a run sends it. */
function powershell(body: string, over: Partial<Script> = {}, values: Readonly<Record<string, Value>> = {}): Script {
  const parts = { functions: "", files: new Map(), filesName: "", members: new Map(Object.entries(values)) };
  return script(assembleWindows({ ...parts, body }), { shell: "powershell", ...over });
}

const ODD = "it's ‘odd’ ‚and‛ \"$x\" `n @' % & |\nnext\tline é漢😀";
const VALUES: Readonly<Record<string, Value>> = {
  odd: { kind: "text", text: ODD },
  count: { kind: "number", text: "90" },
  findings: { kind: "objects", objects: [new Map([["name", { kind: "text", text: "a b" }]]), new Map()] },
};

/** What a script printed, in short. */
async function ran(connection: Connection, body: string, values = {}): Promise<ReturnType<typeof told>> {
  return told(await connection.run(powershell(body, {}, values)));
}

const ended = (end: string, stdout = "", stderr = ""): ReturnType<typeof told> => ({ end, stdout, stderr });

describe.each<[string, Partial<Machine>]>([
  ["cmd.exe and PowerShell 5", {}],
  ["PowerShell as the default shell, with a profile that talks", { shell: "powershell" }],
  ["PowerShell 2", { version: 2 }],
  ["no console", { console: false }],
])("a stand-in of Windows with %s", (_, machine) => {
  it("tells who it is, takes values of every kind, prints UTF-8, and tells how a script ended", async () => {
    await using connection = await login(machine);
    expect(connection.identity.machineId).toBe("0f8fad5b-d9cb-469f-a165-70867728950e");
    expect(connection.identity.bootId).toMatch(/^\d{8}T\d{9}Z$/);
    const numbers = "if (100 -gt $rb.count -and $rb.count -gt 9) { $rb.count; $null; $true }";
    const body = `$rb.odd\n${numbers}\n$rb.findings.Count; $rb.findings[0].name\n'größe 漢字 😀'\nexit 3`;
    expect(await ran(connection, body, VALUES)).toEqual(ended("exited 3", `${ODD}\n90\nTrue\n2\na b\ngröße 漢字 😀\n`));
    expect(await ran(connection, "'a'\n\nthrow 'no such  thing'")).toEqual(
      ended("exited 1", "a\n", "line 3: no such thing\n"),
    );
  });
});

it("a script of the stand-in that stumbles in any way does not look healthy", async () => {
  await using connection = await login();
  expect((await ran(connection, "Get-Nothing")).stderr).toMatch(/^line 1: The term 'Get-Nothing' is not recognized/);
  expect((await ran(connection, "$x = $rb.typo")).stderr).toContain("The property 'typo' cannot be found");
  const native = await ran(connection, "cmd.exe /c 'echo out; echo err >&2; exit 7'");
  expect(native).toEqual(ended("exited 7", "out\n", "err\n"));
  expect(await ran(connection, "cmd.exe /c 'exit 7'; $global:LASTEXITCODE = 0")).toEqual(ended("exited 0"));
  expect((await ran(connection, "if ($true) {")).end).toBe("exited 1");
  expect((await ran(connection, "break; 'b'")).stderr).toContain("outside of a loop");
  expect(await ran(connection, "try { throw 'x' } finally { 'cleaned' }")).toEqual(
    ended("exited 1", "cleaned\n", "line 1: x\n"),
  );
});

describe("a script on the stand-in", () => {
  it("keeps warnings and other PowerShells' CLIXML out of what it finds", async () => {
    await using connection = await login();
    const clixml =
      '#< CLIXML`r`n<Objs Version=`"1.1`"><Obj S=`"progress`"><AV>x</AV></Obj><S S=`"Error`">lost_x000D__x000A_</S></Objs>`r`n';
    const ended = await connection.run(
      powershell(`Write-Warning 'careful'\nWrite-Host 'é'\n[Console]::Error.Write("${clixml}")`),
    );
    expect(told(ended)).toEqual({ end: "exited 0", stdout: "é\n", stderr: "WARNING: careful\nlost\n" });
  });

  it("is ended on the host with all that it started when its time is up", async () => {
    await using connection = await login();
    for (const hung of ["cmd.exe /c 'sleep 4242 & exec sleep 4243'", "while ($true) { }"]) {
      const late = await connection.run(powershell(`'begun'\n${hung}\n'went on'`, { timeout: 0.5 }));
      expect(told(late)).toEqual(ended("timed-out gone", "begun\n"));
    }
    expect(allProcesses().filter(({ args }) => /sleep 424/.test(args))).toEqual([]);
  });

  it("that only looks is ended over a second channel when nobody wants it any more", async () => {
    await using connection = await login();
    const leaving = new AbortController();
    const listen = (): void => leaving.abort();
    const ended = await connection.run(powershell("'begun'\ncmd.exe /c 'sleep 4244'"), {
      signal: leaving.signal,
      listen,
    });
    expect(told(ended).end).toBe("lost: interrupted, and ended");
    expect(allProcesses().filter(({ args }) => /sleep 4244/.test(args))).toEqual([]);
  });

  it("that writes is left alone when nobody waits for it, and its end is not known", async () => {
    await using connection = await login();
    const ended = await connection.run(powershell("'begun'\nStart-Sleep 2", { late: "leave", timeout: 0.5 }));
    expect(told(ended).end).toBe("timed-out not gone");
  });

  it("that was ended by somebody else has an end that is not known", async () => {
    await using connection = await login();
    expect(told(await connection.run(powershell("Stop-Process -Id $PID"))).end).toMatch(
      /^lost: the PowerShell that ran it ended/,
    );
  });

  it("for another shell or another user is refused", async () => {
    await using connection = await login();
    expect(told(await connection.run(script("true"))).end).toMatch(/^refused: this is a script for a POSIX shell/);
    expect(told(await connection.run(powershell("1", { become: "root" }))).end).toMatch(
      /^refused: on Windows scripts run as the login user/,
    );
  });
});

it("a default shell that is not the one of the inventory is told at the login", async () => {
  windows.be({ shell: "powershell" });
  const fault = await faultOf(plainSsh(), windows.host({ windows: "cmd" }));
  expect(fault).toMatchObject({ kind: "session", message: "exit statuses do not come through as they are" });
  expect(fault.hint).toContain("ansible_shell_type");
});

it("what takes the command and is no PowerShell is told with what it said", async () => {
  windows.be();
  const fault = await faultOf(plainSsh(), windows.host({ windows: "powershell" }));
  expect(fault.message).toMatch(/^PowerShell on the host ended with 1 before it took a script: ./);
  expect(fault.hint).toContain("ansible_shell_type");
});

async function selftest(hosts: readonly Host[]): Promise<{ readonly out: string[]; readonly answer: unknown }> {
  const out: string[] = [];
  const io = { out: (text: string) => void out.push(...text.trimEnd().split("\n")), err: () => undefined };
  const answer = await windowsSelftest(hosts, plainSsh(), io);
  return { out, answer };
}

it("the system's ssh reaches a host as well", async () => {
  windows.be();
  await using connection = await connected(plainOpenssh(), windows.host());
  expect(connection.identity.bootId).not.toBeNull();
  expect(await ran(connection, "'é'\nexit 3")).toEqual(ended("exited 3", "é\n"));
});

it("no value changes on its way, whatever is in it, and none is in an argument list", async () => {
  await using connection = await login();
  const units = fc.constantFrom(...Array.from("'‘’‚‛\"“”„$`@#%^&|<>(){}[];\\/\n\r\t é漢😀"));
  const texts = fc.sample(fc.string({ unit: units, maxLength: 12 }), { numRuns: 60, seed: 7 });
  const values = texts.map((text, at): [string, Value] => [`v${at}`, { kind: "text", text }]);
  const bytes = "[Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes(";
  const body = `${texts.map((_, at) => `'>' + ${bytes}$rb.v${at}))`).join("\n")}\n'seen'\ncmd.exe /c 'exec sleep 1'`;
  let listing = "";
  const listen = (_: string, text: string | null): void => {
    if (text?.includes("seen") === true)
      listing = allProcesses()
        .map(({ args }) => args)
        .join("\n");
  };
  const secret: Value = { kind: "text", text: "hunter2 of this test" };
  const sent = powershell(body, {}, { ...Object.fromEntries(values), secret });
  const { stdout } = told(await connection.run(sent, { listen }));
  const back = stdout.split("\n").filter((line) => line.startsWith(">"));
  expect(back.map((line) => Buffer.from(line.slice(1), "base64").toString())).toEqual(texts);
  expect(listing).toContain("login-shell.ts");
  expect(listing).not.toContain("hunter2");
});

function claim(run: string, more: Partial<Claim> = {}): Claim {
  return { run, place: 1, by: "ada@bastion", since: 5, need: 60, within: null, ...more };
}

it("two runs never have the lock of a host at once, and one that is stale is passed over", async () => {
  const { dir } = windows.be();
  await using connection = await connected(plainSsh(), windows.host());
  const take = async (of: Claim, body = "'in'"): Promise<string> => {
    const { end, stdout } = await ran(connection, underWindowsLock(of, body, "rb-lock"));
    return `${end}: ${stdout.trim().replaceAll(/\d{8}T\d{9}Z,\d+/g, "BOOT,UNTIL")}`;
  };
  expect(await take(claim("r1"))).toBe("exited 0: in");
  expect(await take(claim("r1", { place: 2 }))).toBe("exited 0: in");
  expect(await take(claim("r2"))).toMatch(/^exited 75: rb-lock locked WIN1_ada live r1,\d,ada@bastion,5,BOOT,UNTIL$/);
  await ran(connection, dropWindowsLock(claim("r1")));
  await ran(connection, dropWindowsLock(claim("r1", { place: 2 })));
  expect(await take(claim("r2", { within: 60 }))).toMatch(/^exited 75: rb-lock past r1,/);
  expect(await take(claim("r2"))).toBe("exited 0: in");
  // Its time is up: it counts for as long as a script of that run is at work.
  const place = join(dir, "ProgramData", "runbook-lock");
  const entry = readdirSync(place).find((name) => name.startsWith("r2,")) ?? "";
  renameSync(join(place, entry), join(place, entry.replace(/\d+$/, "1")));
  const atWork = connection.beside(
    powershell(underWindowsLock(claim("r2", { place: 3 }), "Start-Sleep 60", "rb-lock")),
  );
  expect(await eventually(() => readdirSync(place).some((name) => name.startsWith("r2,3,")))).toBe(true);
  for (const name of readdirSync(place)) if (name.startsWith("r2,3,")) rmdirSync(join(place, name));
  expect(await take(claim("r3"))).toMatch(/ WIN1_ada job r2,1,/);
  for (const { pid } of allProcesses().filter(({ args }) => args.includes(dir) && args.includes("login-shell")))
    killIfThere(pid);
  await atWork;
  expect(await take(claim("r3"))).toMatch(/^exited 0: rb-lock held r2,1,ada@bastion,5,BOOT,UNTIL\n?\s*in$/);
  // A boot makes what was there before worth nothing.
  windows.boot();
  expect(await take(claim("r4"))).toMatch(/^exited 0: rb-lock held r3,1,/);
});

it("runbook ping tells of a Windows host what it tells of any other", async () => {
  windows.be();
  const answer = await pingHost(windows.host(), plainSsh());
  expect(answer).toMatchObject({
    reached: true,
    user: "WIN1\\ada",
    privilege: { kind: "root" },
    os: { name: "Windows Server 2019" },
    kernel: "10.0.17763",
    uptime: expect.toSatisfy((seconds: number) => seconds >= 3600),
    odd: ["C: is 99 % full: 1.0 GiB of 100 GiB left"],
  });
  expect(answer.fault).toBeUndefined();
  expect(Math.abs(answer.clock?.offset ?? 99)).toBeLessThan(30);
});

describe("runbook ping --windows-selftest", () => {
  it("tells of each promise whether it holds, which the stand-in keeps", async () => {
    const { guid } = windows.be();
    const { out, answer } = await selftest([windows.host()]);
    expect(out.filter((line) => !line.startsWith("web1  pass  "))).toEqual(["all passed"]);
    expect(out[0]).toContain(`machine ${guid}`);
    expect(out).toHaveLength(TRIALS.length + 2);
    expect(answer).toBe(0);
    expect(allProcesses().filter(({ args }) => args === "/bin/sleep 300")).toEqual([]);
  });

  it("tells what a promise that does not hold came to", async () => {
    windows.be({ shell: "powershell" });
    const { out, answer } = await selftest([windows.host({ windows: "cmd" })]);
    expect(out[0]).toMatch(
      /^web1 {2}FAIL {2}login: exit statuses do not come through as they are \(Is `ansible_shell_type`/,
    );
    expect(answer).toBe(4);
  });

  it("is for hosts of which the inventory says that they run Windows", async () => {
    const { answer } = await selftest([windows.sshd.host()]);
    expect(answer).toMatchObject([{ kind: "usage", message: "not said to run Windows: web1" }]);
  });
});
