import { readFileSync, writeFileSync } from "node:fs";
import * as z from "zod";
import { dateThing } from "./objects.ts";
import { isHash, list, number, PsError, text, thing, type Thing } from "./values.ts";

const Owner = z.object({
  name: z.string(),
  type: z.string().optional(),
  timeout: z.int(),
  stuck: z.boolean().optional(),
});

/** What the nodes of a cluster have in common. A `stuck` timeout takes no other value, and says nothing. */
const Cluster = z.object({ name: z.string(), resources: z.array(Owner), types: z.array(Owner) });
export type Cluster = z.infer<typeof Cluster>;

/** What the stand-in knows of a host that is, or could be, a node of a failover cluster. */
export const Node = z.object({
  /** Where the cluster is kept that it belongs to, for its other nodes as well. */
  cluster: z.string(),
  service: z.enum(["Running", "Stopped"]),
  mode: z.enum(["Auto", "Disabled"]),
  events: z.array(z.object({ id: z.int(), values: z.array(z.string()), age: z.number() })),
  drivers: z.array(z.object({ name: z.string(), path: z.string(), state: z.string(), version: z.string() })),
  /** What `fltmc.exe filters` prints; null: it is refused, as it is to who is no administrator. */
  filters: z.array(z.string()).nullable(),
});
export type Node = z.infer<typeof Node>;

export function readCluster(path: string): Cluster {
  return Cluster.parse(JSON.parse(readFileSync(path, "utf8")));
}

export function writeCluster(path: string, cluster: Cluster): void {
  writeFileSync(path, JSON.stringify(cluster));
}

/** The objects of `Get-ClusterResource` or `Get-ClusterResourceType`, as one that runs on a node of it sees them. */
export function ownersIn(node: Node, of: "resources" | "types"): Thing[] {
  if (node.service !== "Running") throw new PsError("The cluster service is not running.", "ClusterCmdletException");
  return readCluster(node.cluster)[of].map(({ name, type, timeout }) => {
    const members = { Name: name, ResourceType: thing("ClusterResourceType", { Name: type, message: type }) };
    const set = (value: unknown): void => setTimeoutOf(node, of, name, number(value));
    const made = thing(of, { ...members, DeadlockTimeout: timeout });
    return { ...made, setters: new Map([["deadlocktimeout", set]]) };
  });
}

function setTimeoutOf({ cluster }: Node, of: "resources" | "types", name: string, timeout: number): void {
  const known = readCluster(cluster);
  const changed = known[of].map((each) => (each.name === name && each.stuck !== true ? { ...each, timeout } : each));
  writeCluster(cluster, { ...known, [of]: changed });
}

/** `Get-WinEvent -FilterHashtable`, by the ids and the time of the filter. That there are none is an error. */
export function eventsOf(node: Node, filter: unknown): Thing[] {
  if (!isHash(filter)) throw new PsError("Cannot bind parameter 'FilterHashtable'");
  const given = (key: string): unknown => filter.entries.get(key)?.[1];
  if (text(given("logname")) !== "System") throw new PsError("There is not an event log on the localhost computer");
  const ids = new Set(list(given("id")).map(number));
  const since = number(given("starttime"));
  const found = node.events.filter(({ id, age }) => ids.has(id) && Date.now() - age * 1000 >= since);
  if (found.length === 0) {
    throw new PsError(
      "Es wurden keine Ereignisse gefunden, die den angegebenen Auswahlkriterien entsprechen.",
      "NoMatchingEventsFound,Microsoft.PowerShell.Commands.GetWinEventCommand",
    );
  }
  return found.map(({ id, values, age }) => {
    const properties = values.map((value) => thing("EventProperty", { Value: value }));
    return thing("EventLogRecord", {
      Id: id,
      Properties: properties,
      TimeCreated: dateThing(new Date(Date.now() - age * 1000)),
    });
  });
}

/** `Get-Date`: a point in time that others can be told from. */
export function now(at = Date.now()): Thing {
  return thing(
    "DateTime",
    { ticks: at, message: String(at) },
    { AddSeconds: (seconds) => now(at + number(seconds) * 1000) },
  );
}

/** What WMI tells of the Cluster service and of drivers; null: it is another class. */
export function wmiOf(node: Node | null, name: string): Thing[] | null {
  if (name === "Win32_Service")
    return node === null ? [] : [thing(name, { State: node.service, StartMode: node.mode })];
  if (name !== "Win32_SystemDriver") return null;
  const drivers = node?.drivers ?? [];
  const kernel = thing(name, { Name: "RasPppoe", PathName: null, State: "Stopped" });
  return [
    kernel,
    ...drivers.map(({ name: own, path, state }) => thing(name, { Name: own, PathName: path, State: state })),
  ];
}

/** `[Diagnostics.FileVersionInfo]::GetVersionInfo`. */
export function versionOf(node: Node | null, file: string): Thing {
  const driver = node?.drivers.find(({ path }) => path.replace(/^\\\?\?\\/, "").toLowerCase() === file.toLowerCase());
  if (driver === undefined) throw new PsError(file, "FileNotFoundException");
  const [major = 0, minor = 0, build = 0, rest = 0] = driver.version.split(".").map(Number);
  const parts = { FileMajorPart: major, FileMinorPart: minor, FileBuildPart: build, FilePrivatePart: rest };
  return thing("FileVersionInfo", parts);
}
