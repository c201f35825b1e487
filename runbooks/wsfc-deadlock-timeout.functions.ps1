# The events of failover clustering in the System log of this node, no older than the window; nothing where there are none.
# 1230: a resource did not answer within its DeadlockTimeout. 1146: the process that hosts resources was ended for that, or stopped.
# 1069: a resource failed, for whatever reason. 1573: no cluster could be formed, since the witness was out of reach.
function Get-ToldByCluster {
  $filter = @{
    LogName = 'System'; ProviderName = 'Microsoft-Windows-FailoverClustering'
    Id = 1069, 1146, 1230, 1573; StartTime = (Get-Date).AddSeconds(-$rb.window)
  }
  try { Get-WinEvent -FilterHashtable $filter }
  catch {
    # That there are none is an error, too, and the only one that means well. Its message is in the host's language; this is not.
    if ("$($_.FullyQualifiedErrorId)" -notlike 'NoMatchingEventsFound*') { throw $_ }
  }
}

# The resource that an event names. It comes first among its values, whatever language its message is in.
function Get-NameIn($one) { "$(@($one.Properties)[0].Value)" }

# Those that tell of a deadlock of this resource.
function Get-DeadlocksOf($name, $told) { @($told) | Where-Object { $_.Id -eq 1230 -and (Get-NameIn $_) -eq $name } }

# Windows Server 2008 R2 does not load modules by itself. A cluster that cannot be asked is no cluster without problems.
function Open-OwnCluster {
  $service = @(Get-WmiObject -Class Win32_Service -Filter "Name = 'ClusSvc'")
  if ($service.Count -eq 0) { throw 'there is no Cluster service on this host' }
  if ($service[0].State -ne 'Running') { throw "the Cluster service of this node is $($service[0].State), so it cannot be asked for its resources" }
  # It may warn of what does not work remotely; on stderr that would make a node that is well unknown.
  Import-Module FailoverClusters -WarningAction SilentlyContinue
}

# A resource or a type of resources, by its name; nothing where there is none.
function Get-TimeoutOwner($kind, $name) {
  if ($kind -eq 'type') { Get-ClusterResourceType | Where-Object { $_.Name -eq $name } }
  else { Get-ClusterResource | Where-Object { $_.Name -eq $name } }
}

# Where the file of a driver is: the service manager knows it by names of its own.
function Get-DriverFile($path) {
  $plain = "$path".Trim('"') -replace '^\\\?\?\\', ''
  if ($plain -match '^\\SystemRoot\\') { return Join-Path $env:SystemRoot ($plain -replace '^\\SystemRoot\\', '') }
  if ($plain -match '^system32\\') { return Join-Path $env:SystemRoot $plain }
  $plain
}

# Versions of this engine are decimals: 9.205 is older than 9.5, whose files say 9.500.
function Get-EngineNumber($version) {
  $part = @("$version" -split '\.')
  1000 * [int]$part[0] + [int]($part[1].PadRight(3, '0'))
}

# The filters of Trend Micro that are loaded, as the filter manager lists them: name, instances, altitude; `-` for none.
function Get-LoadedFilters {
  $lines = @(fltmc.exe filters)
  if ($LASTEXITCODE -ne 0) { throw "fltmc.exe filters ended with ${LASTEXITCODE}: an administrator is needed" }
  $loaded = @($lines | Where-Object { $_ -match '^(Tm|VSApi)' } | ForEach-Object { ("$_".Trim()) -replace '\s+', ' ' })
  if ($loaded.Count -eq 0) { '-' } else { $loaded -join ', ' }
}
