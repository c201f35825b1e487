import type { Pinged, Place, Privilege } from "../model/probe.ts";
import { clean } from "./clean.ts";
import { fit, pad, widthOf, wrapWords } from "./width.ts";
import { bytes, duration } from "./words.ts";

/** Columns of the page. */
export const PAGE = 80;
const COLUMNS = { login: 18, latency: 5, system: 16, least: 10 };

/** The table of answers, a row at a time, for hosts with these names. */
export type PingTable = {
  readonly head: string;
  row(pinged: Pinged): string[];
  /** What stands before a text instead of a row. */
  readonly label: (host: string) => string;
};

/** A table in 80 columns; a name that is too long for its column has a line of its own, since names are never cut. */
export function pingTable(names: readonly string[]): PingTable {
  const most = PAGE - COLUMNS.login - COLUMNS.latency - COLUMNS.system - COLUMNS.least - 8;
  const widths = names.map((name) => widthOf(clean(name)));
  const widest = Math.max("HOST".length, ...widths.filter((width) => width <= most));
  const kernel = PAGE - widest - COLUMNS.login - COLUMNS.latency - COLUMNS.system - 8;
  const line = (name: string, [login, ms, system, release]: readonly [string, string, string, string]): string[] => {
    const rest = [
      pad(fit(login, COLUMNS.login), COLUMNS.login),
      pad(ms, COLUMNS.latency, "left"),
      pad(fit(system, COLUMNS.system), COLUMNS.system),
      fit(release, kernel),
    ].join("  ");
    const row = `${pad(name, widest)}  ${rest}`.trimEnd();
    return widthOf(name) <= widest ? [row] : [name, `${" ".repeat(widest)}  ${rest}`.trimEnd()];
  };
  return {
    label: (host) => pad(clean(host), widest),
    head: line("HOST", ["LOGIN", "MS", "SYSTEM", "KERNEL"])[0] ?? "",
    row: ({ host, user, privilege, latency, os, kernel: release }) =>
      line(clean(host), [
        loginWords(clean(user ?? "?"), privilegeWords(privilege)),
        latency === null ? "?" : Math.max(1, Math.round(latency)).toString(),
        clean(shortSystem(os?.name ?? "?")),
        clean(release ?? "?"),
      ]),
  };
}

/** A text under its host, in as many lines as it takes; `sign` stands before the first. */
export function underHost(sign: string, text: string): string[] {
  return wrapWords(clean(text), PAGE - 4).map((line, at) => `  ${at === 0 ? sign : " "} ${line}`);
}

/** What somebody may do is never cut. */
function loginWords(user: string, rights: string): string {
  return `${fit(user, COLUMNS.login - rights.length)}${rights}`;
}

function privilegeWords(privilege: Privilege): string {
  switch (privilege.kind) {
    case "root":
      return "";
    case "none":
      return ", no sudo";
    case "free":
    case "proven":
      return `, ${privilege.by}`;
    case "asks":
      return `, ${privilege.by} asks`;
    case "some":
      return `, some ${privilege.by}`;
    case "terminal":
      return `, ${privilege.by} tty`;
    case "refused":
      return `, no ${privilege.by}`;
    case "unknown":
      return ", sudo ?";
  }
}

/** A distribution's name without what everybody knows: `Debian 12`, `CentOS 5.11`. */
function shortSystem(name: string): string {
  return name
    .replace("Red Hat Enterprise Linux", "RHEL")
    .replace(/ GNU\/Linux| Linux(?= release)/, "")
    .replace(/ release(?= )/, "")
    .replace(/ *\([^)]*\)$/, "");
}

function told(...words: readonly (string | null)[]): string {
  return words.filter((one) => one !== null).join(", ");
}

/** Everything about one host that is not in its row. */
export function pingDetails(pinged: Pinged): string[] {
  const { shell, arch, uptime, load, clock, places, ssh, ms, machineId } = pinged;
  const loads =
    load && `load ${load.averages.join(" ")}${load.processors === null ? "" : ` on ${load.processors} CPUs`}`;
  return [
    told(shell && `login shell ${shell}`, arch, uptime === null ? null : `up ${duration(uptime)}`, loads),
    told(
      clock && `clock ${clockWords(clock)}`,
      `login took ${duration(ms / 1000)}`,
      `machine ${machineId ?? "unknown"}`,
    ),
    told(...places.map(placeWords)),
    ssh === null
      ? ""
      : `${ssh.server || "SSH"}: ${[ssh.kex, ssh.hostKey, ssh.cipher, ssh.mac].filter(Boolean).join(", ")}`,
  ].filter((line) => line !== "");
}

function clockWords({ offset, within }: NonNullable<Pinged["clock"]>): string {
  const digits = within < 0.05 ? 3 : 1;
  return `${offset < 0 ? "" : "+"}${offset.toFixed(digits)} s`;
}

function placeWords({ at, size, free, readOnly }: Place): string {
  const room = size === null || free === null ? "?" : `${bytes(free)} of ${bytes(size)} free`;
  return `${at} ${room}${readOnly ? " (read-only)" : ""}`;
}
