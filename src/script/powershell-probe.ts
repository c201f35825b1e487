import type { Place, Probe } from "../model/probe.ts";

/** Asks a Windows host about itself; every part may fail by itself. `admin`: who logs in over SSH has all the rights of an administrator at once. */
export const WINDOWS_PROBE = `$ErrorActionPreference = 'Continue'
function Get-RunbookObject($class) {
  if (Get-Command -Name Get-CimInstance -ErrorAction SilentlyContinue) { Get-CimInstance -ClassName $class }
  else { Get-WmiObject -Class $class }
}
$plain = [Globalization.CultureInfo]::InvariantCulture
$epoch = New-Object -TypeName DateTime -ArgumentList 1970, 1, 1
"clock $([DateTime]::UtcNow.Subtract($epoch).TotalSeconds.ToString('F3', $plain))"
try {
  $who = [Security.Principal.WindowsIdentity]::GetCurrent()
  "user $($who.Name)"
  $principal = New-Object -TypeName Security.Principal.WindowsPrincipal -ArgumentList $who
  "admin $($principal.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator))"
} catch { }
"kernel $([Environment]::OSVersion.Version.ToString(3))"
"shell PowerShell $($PSVersionTable.PSVersion)"
"arch $($env:PROCESSOR_ARCHITECTURE)"
"cpus $($env:NUMBER_OF_PROCESSORS)"
"uptime $([Math]::Floor([Diagnostics.Stopwatch]::GetTimestamp() / [Diagnostics.Stopwatch]::Frequency))"
try { "os $((Get-RunbookObject 'Win32_OperatingSystem').Caption)" } catch { }
try {
  foreach ($disk in @(Get-RunbookObject 'Win32_LogicalDisk' | Where-Object { $_.DriveType -eq 3 })) { "disk $($disk.DeviceID) $($disk.Size) $($disk.FreeSpace)" }
} catch { }
'end -'`;

/** Reads what the script above printed, and what has not come yet as not told. Windows has no load averages. */
export function readWindowsProbe(printed: string): Probe {
  const said = Map.groupBy(printed.split("\n"), (line) => line.split(" ", 1)[0] ?? "");
  const all = (key: string): string[] => (said.get(key) ?? []).map((line) => line.slice(key.length + 1).trim());
  const one = (key: string): string | null => all(key).findLast((value) => value !== "") ?? null;
  const [clock, uptime, name, admin] = [one("clock"), one("uptime"), one("os"), one("admin")];
  const version = one("kernel");
  return {
    clock: clock !== null && /^\d+\.\d+$/.test(clock) ? { at: Number(clock), whole: false } : null,
    user: one("user"),
    uid: null,
    shell: one("shell"),
    os: name === null ? null : { name: name.replace(/^Microsoft /, ""), id: "windows", version },
    kernel: version,
    arch: one("arch"),
    uptime: uptime !== null && /^\d+$/.test(uptime) ? Number(uptime) : null,
    load: null,
    places: all("disk").flatMap(placeOf),
    privilege: { kind: admin === "True" ? "root" : admin === "False" ? "none" : "unknown" },
    whole: said.has("end"),
  };
}

function placeOf(line: string): Place[] {
  const [, at, size, free] = /^(\S+) (\d+) (\d+)$/.exec(line) ?? [];
  if (at === undefined) return [];
  const none = { inodes: null, inodesFree: null, readOnly: false };
  return [{ at, size: Number(size), free: Number(free), ...none }];
}
