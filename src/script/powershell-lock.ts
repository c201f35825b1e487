import { MEMORY, NOT_BEGUN, SPARE, word, type Claim } from "./lock.ts";
import { literal } from "./powershell.ts";
import { BOOT } from "./powershell-session.ts";

/** Where all users of a host find the same entries: everybody may make one there, and remove only their own. */
const PLACE = "(Join-Path ([Environment]::GetFolderPath('CommonApplicationData')) 'runbook-lock')";

/** The name under which Windows knows that a script of a run is at work; it goes with the last process that holds it. */
const alive = (run: string): string => `Global\\runbook-${word(run)}`;

/** Tenths of seconds that the host has been up. */
const UPTIME = `function Get-RunbookUptime { [long][Math]::Floor(10 * [Diagnostics.Stopwatch]::GetTimestamp() / [Diagnostics.Stopwatch]::Frequency) }`;

/**
 * Defines `Get-RunbookLock`, which tells what `lock` of a POSIX host tells, by the same rules: entries are directories whose names say whose
 * they are, who wants the lock makes one and then looks, and takes it away where another's counts. A boot makes entries worth nothing; of one whose
 * time is up, a script that is still at work is known by its mutex. Who gives it back leaves word, in `past`.
 */
function lockFunctions({ run, place, by, since, need, within }: Claim): string {
  const seen = within === null ? "$null" : String(Math.round(within * 10));
  return `${BOOT}
${UPTIME}
function Test-RunbookAlive($run) {
  try { [Threading.Mutex]::OpenExisting("Global\\runbook-$run").Close(); $true }
  catch [Threading.WaitHandleCannotBeOpenedException] { $false }
  catch { $true }
}
function Get-RunbookRival($dir, $boot) {
  foreach ($entry in [IO.Directory]::GetDirectories($dir)) {
    $name = [IO.Path]::GetFileName($entry)
    $part = @($name -split ',')
    if ($part[0] -ceq ${literal(word(run))} -or $name -ceq 'past') { continue }
    $why = 'odd'
    if ($part.Count -eq 6 -and $part[5] -match '^[0-9]+$') {
      $why = 'live'
      $ours = $part[4] -ceq $boot
      if (-not $ours -or [long]$part[5] * 10 -le (Get-RunbookUptime)) {
        if ($ours -and (Test-RunbookAlive $part[0])) { $why = 'job' }
        else {
          try { [IO.Directory]::Delete($entry); $why = '' } catch { if ($ours) { $why = 'foreign' } else { $why = '' } }
          if ($why -eq '') {
            $global:rbLockOver = $name
            if ($ours -and $null -ne $global:rbLockSeen -and [long]$part[5] * 10 -ge (Get-RunbookUptime) - $global:rbLockSeen) { $global:rbLockPast = $name }
            continue
          }
        }
      }
    }
    $owner = '-'
    try { $owner = (Get-Acl -LiteralPath $entry).Owner } catch { }
    return "$($owner -replace '[^A-Za-z0-9.@_/-]', '_') $why $name"
  }
}
function Find-RunbookPast($dir, $boot) {
  foreach ($entry in [IO.Directory]::GetDirectories($dir)) {
    $name = [IO.Path]::GetFileName($entry)
    $part = @($name -split ',')
    if ($part.Count -ne 6 -or $part[5] -notmatch '^[0-9]+$' -or $part[0] -ceq ${literal(word(run))}) { continue }
    if ($part[4] -cne $boot -or [long]$part[5] + ${10 * MEMORY} -lt (Get-RunbookUptime)) { try { [IO.Directory]::Delete($entry) } catch { } }
    elseif ([long]$part[5] -gt (Get-RunbookUptime) - $global:rbLockSeen) { $global:rbLockPast = $name }
  }
}
function Get-RunbookLock {
  $dir = ${PLACE}
  $past = Join-Path $dir 'past'
  try { [void][IO.Directory]::CreateDirectory($past) } catch { return "barred $($dir -replace ' ', '_')" }
  $boot = Get-RunbookBoot
  $global:rbLockOver = ''
  $global:rbLockPast = ''
  $global:rbLockSeen = ${seen}
  $rival = ''
  for ($try = 0; $try -lt 5; $try++) {
    $rival = Get-RunbookRival $dir $boot
    $mine = @([IO.Directory]::GetDirectories($dir, ${literal(`${word(run)},${place},*`)}) | Where-Object {
        $part = @([IO.Path]::GetFileName($_) -split ',')
        $part[4] -ceq $boot -and [long]$part[5] * 10 -ge (Get-RunbookUptime) + ${10 * need}
      })
    if (-not $rival) {
      if ($mine.Count -gt 0) { break }
      $until = [long][Math]::Ceiling((Get-RunbookUptime) / 10) + ${need + SPARE}
      $entry = Join-Path $dir (${literal(`${word(run)},${place},${word(by)},${since}`)} + ",$boot,$until")
      try { [void][IO.Directory]::CreateDirectory($entry) } catch { return "barred $($dir -replace ' ', '_')" }
      $rival = Get-RunbookRival $dir $boot
      if (-not $rival) { break }
      [IO.Directory]::Delete($entry)
    } elseif ($mine.Count -eq 0) { break }
    [Threading.Thread]::Sleep(200 + (Get-Random -Maximum 700))
  }
  if ($rival) { return "locked $rival" }
  if ($null -ne $global:rbLockSeen) { Find-RunbookPast $past $boot }
  if ($global:rbLockPast) { "past $global:rbLockPast" } else { "held $global:rbLockOver" }
}`;
}

/** A script that is begun only under the lock; else it prints \`\nMARK locked …\n\` and ends. What it was given over is said in the same way. */
export function underWindowsLock(claim: Claim, text: string, mark: string): string {
  return `${lockFunctions(claim)}
$rbLock = Get-RunbookLock
if ($rbLock -cne 'held ') { "\`n${mark} $($rbLock -replace '[^A-Za-z0-9 ,.@_/-]', '_')" }
if ($rbLock -notlike 'held *') { exit ${NOT_BEGUN} }
$global:rbAlive = New-Object -TypeName System.Threading.Mutex -ArgumentList $false, ${literal(alive(claim.run))}
${text}`;
}

/** A script that gives the lock of a host back, as whoever took it, and leaves word of that for a day. */
export function dropWindowsLock({ run, place }: Pick<Claim, "run" | "place">): string {
  return `${UPTIME}
$dir = ${PLACE}
if (Test-Path -LiteralPath $dir) {
  foreach ($entry in [IO.Directory]::GetDirectories($dir, ${literal(`${word(run)},${place},*`)})) {
    $part = @([IO.Path]::GetFileName($entry) -split ',')
    [void][IO.Directory]::CreateDirectory((Join-Path (Join-Path $dir 'past') "$($part[0..4] -join ','),$(Get-RunbookUptime)"))
    [IO.Directory]::Delete($entry)
  }
}`;
}
