import { encode } from "./bytes.ts";
import { literal } from "./powershell.ts";

/** The default shell of a Windows host's sshd. */
export type WindowsShell = "cmd" | "powershell";

/** What of a script decides how it is run. */
export type Frame = {
  readonly script: string;
  /** A word nobody can guess. */
  readonly mark: string;
  /** Seconds after which the host ends it; null: it is never ended there. */
  readonly deadline: number | null;
  /** Whether what it leaves in the background is ended after it. */
  readonly tidy: boolean;
};

/** What PowerShell ends with where what came through stdin was not whole, so that nothing of it was begun. */
export const NOT_WHOLE = 96;

/**
 * Reads a script of any length from stdin and runs it. Base64, so that no code page on the way matters; the last line says that it is whole. By
 * `$input`, since PowerShell 2 reads stdin to its end in any case before it begins, and later ones do where a command names it.
 */
const BOOTSTRAP = `$ProgressPreference = 'SilentlyContinue'
$rbIn = @($input)
if ($rbIn.Count -lt 2 -or $rbIn[-1] -ne '.') { exit ${NOT_WHOLE} }
. ([ScriptBlock]::Create([Text.Encoding]::UTF8.GetString([Convert]::FromBase64String((-join $rbIn[0..($rbIn.Count - 2)])))))`;

/**
 * The command of the exec channel: constant, and far below the 8,191 characters that cmd.exe takes. Text output, since else errors come as
 * CLIXML. A PowerShell around it would make 1 of every exit status but 0.
 */
export function windowsCommand(shell: WindowsShell): string {
  const encoded = Buffer.from(BOOTSTRAP, "utf16le").toString("base64");
  const options = "-NoLogo -NoProfile -NonInteractive -ExecutionPolicy Bypass -OutputFormat Text";
  const command = `powershell.exe ${options} -EncodedCommand ${encoded}`;
  return shell === "powershell" ? `${command}; exit $LASTEXITCODE` : command;
}

/** Base64 characters a line. */
const LINE = 1000;

/** What goes to stdin for a text that PowerShell is to run. */
export function windowsInput(text: string): string {
  const all = Buffer.from(encode(text)).toString("base64");
  return `${all.match(new RegExp(`.{1,${LINE}}`, "g"))?.join("\n") ?? ""}\n.\n`;
}

/** Ends what has come from a process, and what came from that, and tells `gone` or `left`. A process whose parent has ended is nobody's. */
const END_TREE = `function Stop-RunbookTree($root) {
  $state = 'left'
  for ($round = 0; $round -lt 5; $round++) {
    if (Get-Command -Name Get-CimInstance -ErrorAction SilentlyContinue) { $all = @(Get-CimInstance -ClassName Win32_Process) }
    else { $all = @(Get-WmiObject -Class Win32_Process) }
    $since = @{}
    foreach ($one in $all) { if ([int]$one.ProcessId -eq [int]$root) { $since[[int]$root] = $one.CreationDate } }
    $found = @()
    do {
      $more = @()
      foreach ($one in $all) {
        $id = [int]$one.ProcessId
        $parent = [int]$one.ParentProcessId
        if ($since.ContainsKey($id) -or -not $since.ContainsKey($parent) -or $one.Name -eq 'conhost.exe') { continue }
        if ($one.CreationDate -lt $since[$parent]) { continue }
        $more += $one
      }
      foreach ($one in $more) { $since[[int]$one.ProcessId] = $one.CreationDate }
      $found += $more
    } while ($more.Count -gt 0)
    if ($found.Count -eq 0) { $state = 'gone'; break }
    foreach ($one in $found) { try { Stop-Process -Id $one.ProcessId -Force -ErrorAction Stop } catch { } }
    [Threading.Thread]::Sleep(200)
  }
  $state
}`;

/**
 * Runs beside the script, in the same process: the thread that is stuck cannot end itself. It is aborted first, or it would go on with its
 * next command once what it waits for has been ended.
 */
const WATCHDOG = `param($id, $ms, $mark, $over, $shared, $thread)
if ($over.WaitOne($ms, $false)) { return }
$shared.late = $true
try { $thread.Abort() } catch { }
${END_TREE}
$state = Stop-RunbookTree $id
$bytes = [Text.Encoding]::UTF8.GetBytes("\`n$mark late $state\`n")
try { $out = [Console]::OpenStandardOutput(); $out.Write($bytes, 0, $bytes.Length); $out.Flush() } catch { }
Stop-Process -Id $id -Force`;

/**
 * The text that runs one script. On both streams `\nMARK begin …\n` comes before all that it prints (with the process's id on stdout), and
 * `\nMARK end …\n` after. On stdout that is \`end CODE\`, \`exit\` where the exit status tells it, or \`late gone|left\` where its time was up.
 * Strings are written as UTF-8 whatever the console's code page is. What cannot be written any more is dropped: a fix must not die of a cut cable.
 */
export function windowsFrame({ script, mark, deadline, tidy }: Frame): string {
  return `$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$rbUtf8 = New-Object -TypeName System.Text.UTF8Encoding -ArgumentList $false
try { [Console]::OutputEncoding = $rbUtf8; [Console]::InputEncoding = $rbUtf8 } catch { }
$OutputEncoding = $rbUtf8
$rbOut = [Console]::OpenStandardOutput()
$rbErr = [Console]::OpenStandardError()
function Write-RunbookText($stream, [string]$text) {
  $bytes = $rbUtf8.GetBytes($text)
  try { $stream.Write($bytes, 0, $bytes.Length); $stream.Flush() } catch { }
}
function Write-RunbookOutput($item) {
  if ($null -eq $item) { return }
  $type = $item.GetType().Name
  if ($type -eq 'WarningRecord') { Write-RunbookText $rbErr "WARNING: $item\`n" }
  elseif ($item -is [string] -or $item -is [ValueType] -or $type -eq 'InformationRecord') { Write-RunbookText $rbOut "$item\`n" }
  else { Write-RunbookText $rbOut (($item | Out-String -Width 4096).Trim("\`r\`n".ToCharArray()) + "\`n") }
}
$rbOver = New-Object -TypeName System.Threading.ManualResetEvent -ArgumentList $false
$rbShared = [hashtable]::Synchronized(@{ late = $false })
${deadline === null ? "" : `${watch(deadline, mark)}\n`}Write-RunbookText $rbOut "\`n${mark} begin $PID\`n"
Write-RunbookText $rbErr "\`n${mark} begin\`n"
$rbMerge = ''
if ($PSVersionTable.PSVersion.Major -ge 5) { $rbMerge = '3>&1 6>&1' } elseif ($PSVersionTable.PSVersion.Major -ge 3) { $rbMerge = '3>&1' }
$rbRun = [ScriptBlock]::Create('param($rbScript) Set-StrictMode -Version 2.0; & $rbScript ' + $rbMerge)
$rbEnd = 'exit'
$global:LASTEXITCODE = 0
try {
  foreach ($rbOnce in @(1)) {
    $rbBody = [ScriptBlock]::Create(${literal(script)})
    & $rbRun $rbBody | ForEach-Object { Write-RunbookOutput $_ }
    $rbEnd = "end $global:LASTEXITCODE"
  }
  if ($rbEnd -eq 'exit') { throw 'the script was left by a break or continue outside of a loop' }
} catch {
  if ($rbShared.late) { return }
  $rbLine = ''
  if ($null -ne $_.InvocationInfo -and -not $_.InvocationInfo.ScriptName) { $rbLine = "line $($_.InvocationInfo.ScriptLineNumber): " }
  Write-RunbookText $rbErr ($rbLine + ($_.Exception.Message -replace '\\s+', ' ').Trim() + "\`n")
  $rbEnd = 'end 1'
} finally {
  [void]$rbOver.Set()
  if ($rbShared.late) { [Threading.Thread]::Sleep(120000) }
${tidy ? `  ${END_TREE.replaceAll("\n", "\n  ")}\n  try { [void](Stop-RunbookTree $PID) } catch { }\n` : ""}  Write-RunbookText $rbErr "\`n${mark} end\`n"
  Write-RunbookText $rbOut "\`n${mark} $rbEnd\`n"
}
exit 0`;
}

function watch(deadline: number, mark: string): string {
  const ms = Math.min(Math.ceil(deadline * 1000), 2 ** 31 - 1);
  return `$rbWatch = [PowerShell]::Create()
[void]$rbWatch.AddScript(${literal(WATCHDOG)}).AddArgument($PID).AddArgument(${ms}).AddArgument('${mark}').AddArgument($rbOver).AddArgument($rbShared).AddArgument([Threading.Thread]::CurrentThread)
[void]$rbWatch.BeginInvoke()`;
}

/** A script that ends another of ours and all that came from it; it tells \`gone\` or \`left\`. */
export function endScript(pid: number): string {
  return `${END_TREE}
$rbState = Stop-RunbookTree ${pid}
try { Stop-Process -Id ${pid} -Force -ErrorAction Stop } catch { }
for ($rbTry = 0; $rbTry -lt 20 -and (Get-Process -Id ${pid} -ErrorAction SilentlyContinue); $rbTry++) { [Threading.Thread]::Sleep(100) }
if (Get-Process -Id ${pid} -ErrorAction SilentlyContinue) { $rbState = 'left' }
$rbState`;
}

/**
 * Defines what tells one boot from another: when the first process began. The time of the boot itself moves when the clock is set; it is the
 * answer where that process cannot be seen.
 */
export const BOOT = `function Get-RunbookBoot {
  if (Get-Command -Name Get-CimInstance -ErrorAction SilentlyContinue) {
    $boot = (Get-CimInstance -ClassName Win32_OperatingSystem).LastBootUpTime
    $first = @(Get-CimInstance -ClassName Win32_Process -Filter "Name = 'smss.exe'" | ForEach-Object { $_.CreationDate } | Where-Object { $_ } | Sort-Object)
  } else {
    $boot = [Management.ManagementDateTimeConverter]::ToDateTime((Get-WmiObject -Class Win32_OperatingSystem).LastBootUpTime)
    $first = @(Get-WmiObject -Class Win32_Process -Filter "Name = 'smss.exe'" | ForEach-Object { $_.CreationDate } | Where-Object { $_ } | ForEach-Object { [Management.ManagementDateTimeConverter]::ToDateTime($_) } | Sort-Object)
  }
  if ($first.Count -gt 0) { $boot = $first[0] }
  $boot.ToUniversalTime().ToString('yyyyMMddTHHmmssfff', [Globalization.CultureInfo]::InvariantCulture) + 'Z'
}`;

/** The exit status with which a login's first script ends: it must come through as it is. */
export const WHO = 97;

/** What a login asks first: a line with the machine's id, what tells its boots apart, and the version of its PowerShell. */
export const IDENTITY = `${BOOT}
$machine = '-'
try { $machine = (Get-ItemProperty -LiteralPath 'HKLM:\\SOFTWARE\\Microsoft\\Cryptography' -Name MachineGuid).MachineGuid } catch { }
"$machine $(Get-RunbookBoot) $($PSVersionTable.PSVersion)"
exit ${WHO}`;

/** Whether a script might leave something in the background. Answers yes too often: that costs a look at the host's processes. */
export function mayLeave(script: string): boolean {
  return /\b(?:Start-(?:Process|Job|ThreadJob)|saps|sajb|start|Invoke-(?:Wmi|Cim)Method|Diagnostics\.Process|BeginInvoke|schtasks|wmic)\b|&\s*$/im.test(
    script,
  );
}
