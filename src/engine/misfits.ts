import type { Fault } from "../model/fault.ts";
import type { Host } from "../model/inventory.ts";
import type { Runbook } from "../model/runbook.ts";

/** More names than this are counted. */
const MOST_NAMED = 10;

/** Hosts whose shells cannot run what the runbook would send them: refused before anything is done anywhere. */
export function misfits(runbook: Runbook, hosts: readonly Host[]): Fault[] {
  const { steps, applies, facts } = runbook;
  const sends = applies !== undefined || Object.keys(facts).length > 0 || steps.some(({ on }) => on === "host");
  if (!sends) return [];
  const windows = runbook.shell === "powershell";
  const names = hosts.filter((host) => (host.windows !== undefined) !== windows).map(({ name }) => name);
  if (names.length === 0) return [];
  const more = names.length - MOST_NAMED;
  const named = `${names.slice(0, MOST_NAMED).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
  const does = names.length === 1 ? "runs" : "run";
  const doing = names.length === 1 ? "does" : "do";
  const message = windows
    ? `${named} ${doing} not run Windows, and the scripts of ${runbook.name} are for PowerShell`
    : `${named} ${does} Windows, and the scripts of ${runbook.name} are for ${runbook.shell ?? "sh"}`;
  const hint = windows
    ? "choose Windows hosts with -l; `ansible_shell_type: cmd` or `powershell` in the inventory says which these are"
    : "leave them out with -l, such as -l 'all:!windows'";
  return [{ kind: "usage", where: runbook.name, message, hint }];
}
