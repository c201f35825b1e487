import type { CaseProcess } from "../model/case.ts";
import type { Thing } from "./world.ts";

/** What /proc tells of a process, as things of a host; null: it is not there. */
export function processThings(pid: string, process: CaseProcess): ReadonlyMap<string, Thing> | null {
  if (process === null) return null;
  const { parent, started, state, open, catches } = process;
  const name = process.name.slice(0, 15);
  const words = process.args ?? process.name;
  const args = typeof words === "string" ? words.split(" ") : words;
  const caught = catches.reduce((mask, signal) => mask | (1n << BigInt(signal - 1)), 0n);
  const stat = `${pid} (${name}) ${state} ${parent} ${pid} ${pid} 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 ${started} 10000000 500 18446744073709551615`;
  const status = [
    `Name:\t${name}`,
    `State:\t${state}`,
    `Tgid:\t${pid}`,
    `Pid:\t${pid}`,
    `PPid:\t${parent}`,
    "Uid:\t0\t0\t0\t0",
    "Gid:\t0\t0\t0\t0",
    `SigCgt:\t${caught.toString(16).padStart(16, "0")}`,
  ];
  const texts: [string, string][] = [
    ["stat", `${stat}\n`],
    ["status", `${status.join("\n")}\n`],
    ["comm", `${name}\n`],
    ["cmdline", args.map((word) => `${word}\0`).join("")],
    ["cgroup", process.cgroup === undefined ? "0::/\n" : `${process.cgroup.trimEnd()}\n`],
  ];
  const at = `/proc/${pid}`;
  return new Map<string, Thing>([
    [`${at}/fd`, { kind: "directory" }],
    ...texts.map(([file, text]): [string, Thing] => [`${at}/${file}`, { kind: "file", text, mode: null }]),
    ...Object.entries(open).map(([number, to]): [string, Thing] => [`${at}/fd/${number}`, { kind: "link", to }]),
  ]);
}
