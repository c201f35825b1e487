import { randomUUID } from "node:crypto";
import { cellText, findingLines } from "../engine/cells.ts";
import { namesKeep } from "../engine/plan.ts";
import type { InputValues } from "../engine/values.ts";
import type { HostState, StepState } from "../engine/state.ts";
import type { Finding } from "../model/finding.ts";
import type { Host } from "../model/inventory.ts";
import type { LoadedRunbook, Step } from "../model/runbook.ts";
import { Secret } from "../model/secret.ts";
import { membersOf } from "./members.ts";
import { assemble, keepName } from "../script/posix.ts";
import { assembleWindows } from "../script/powershell.ts";
import type { Script } from "./ports.ts";

/** Seconds that a small read-only script (applies, fact, preview, guard, verify) may take. */
const READ_TIMEOUT = 30;

/** What a script gets besides its own text. */
export type Extras = {
  readonly findings?: readonly Finding[];
  /** The finding whose columns become variables. */
  readonly finding?: Finding | undefined;
  readonly timeout?: number;
  readonly late?: Script["late"];
  /** Whether `$keep` is there (from the fix on). */
  readonly keep?: boolean;
  /** When the step's first fix began, in ms since the epoch by our clock; without it, as the state tells. */
  readonly since?: number;
};

/** Makes the scripts of one run ready to send. */
export type Scribe = (host: HostState, step: StepState | null, body: string, extras?: Extras) => Script;

/** A scribe for one run: it knows the runbook, the hosts and their input values. `names` are all hosts of the run, in its order. */
export function scribe(
  run: string,
  loaded: LoadedRunbook,
  names: readonly string[],
  hosts: ReadonlyMap<string, Host>,
  values: InputValues,
  becomeByDefault: boolean,
): Scribe {
  const { runbook } = loaded;
  const keepLasts = runbook.steps.some(({ fix }) => fix?.reboot !== undefined);
  return (host, step, body, extras = {}) => {
    const definition = runbook.steps.find((each) => each.id === step?.plan.id);
    const windows = hosts.get(host.host)?.windows !== undefined && definition?.on !== "controller";
    const files = { functions: loaded.functions, files: loaded.files, filesName: `runbook-files-${randomUUID()}` };
    const { late = "end", timeout = READ_TIMEOUT } = extras;
    // On this machine the looks at many hosts are told apart.
    const subject = definition?.on === "controller" ? [host.host] : [];
    const look = late === "end" ? { look: [runbook.name, step?.plan.id ?? "", ...subject].join(".") } : {};
    const limits = { timeout, late, ...look } as const;
    const become = becomeOf(runbook.become, definition, hosts.get(host.host), becomeByDefault);
    const kept = { keepName: keepName(run, names.indexOf(host.host) + 1, become) };
    const since = sinceText(extras.since ?? step?.fixes[0]?.startedAt);
    if (windows) {
      const given = { ...extras, run, since };
      const members = membersOf(runbook, host, values.get(host.host) ?? new Map(), given);
      return {
        ...limits,
        text: assembleWindows({ ...files, ...(extras.keep === true ? kept : {}), members, body }),
        shell: "powershell",
        become,
      };
    }
    const variables = new Map<string, string>();
    for (const [name, value] of values.get(host.host) ?? []) {
      variables.set(name, value instanceof Secret ? value.reveal() : value);
    }
    for (const [name, value] of Object.entries(host.facts ?? {})) variables.set(name, value);
    for (const [name, value] of Object.entries(extras.finding?.values ?? {})) variables.set(name, cellText(value));
    if (extras.findings !== undefined) variables.set("findings", findingLines(extras.findings));
    variables.set("host_name", host.host);
    variables.set("run_id", run);
    variables.set("since", since);
    // A host that is full has no place to spare for what no script asks for.
    const keep = extras.keep === true && definition !== undefined && namesKeep(loaded, definition) ? kept : {};
    const text = assemble({ ...files, ...keep, keepLasts, variables, body });
    return { ...limits, text, shell: (definition?.shell ?? runbook.shell) === "bash" ? "bash" : "sh", become };
  };
}

/** The step's word wins over the runbook's, that over the command line's and the inventory's. */
function becomeOf(
  runbook: boolean | string | undefined,
  step: Step | undefined,
  host: Host | undefined,
  byDefault: boolean,
): string | null {
  if (step?.on === "controller") return null;
  const wish = step?.become ?? runbook ?? (byDefault || host?.become === true);
  if (wish === false) return null;
  return typeof wish === "string" ? wish : (host?.becomeUser ?? "root");
}

/** Epoch seconds; empty before the first fix. */
function sinceText(startedAt: number | undefined): string {
  return startedAt === undefined ? "" : String(Math.floor(startedAt / 1000));
}
