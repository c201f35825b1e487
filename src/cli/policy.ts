import { explain, type Answer } from "../engine/explain.ts";
import { stepPlan } from "../engine/plan.ts";
import { moment } from "../engine/words.ts";
import { planPolicies } from "../language/policy/plan.ts";
import type { LoadedInventory } from "../load/inventory.ts";
import { shelvedRunbooks, type Lookup } from "../load/library.ts";
import { loadPolicies } from "../load/policy.ts";
import { loadRunbook } from "../load/runbook.ts";
import type { ApproveLevel } from "../model/approval.ts";
import type { RunPlan } from "../model/plan.ts";
import { isFault, type Fault } from "../model/fault.ts";
import type { Policy } from "../model/policy-file.ts";
import type { LoadedRunbook } from "../model/runbook.ts";
import { jsonText } from "../report/json.ts";
import { clean } from "../view/clean.ts";
import { paletteOf } from "../view/colour.ts";
import { policyPage } from "../view/policy-page.ts";
import { counted } from "../view/words.ts";
import { EXIT } from "./exit.ts";
import { unknownSteps } from "./inputs.ts";
import { exitOfFaults, tell, type Io } from "./io.ts";
import { approveLevel } from "./level.ts";
import { momentOf } from "./moment.ts";
import { openInventory, selectNames, withPatternFiles, type TargetOptions } from "./targets.ts";

/** `runbook policy explain`'s options, as the command line gives them. */
export type PolicyOptions = TargetOptions & {
  readonly step?: readonly string[] | undefined;
  readonly policy?: string | undefined;
  readonly approve?: string | undefined;
  readonly yes?: boolean | undefined;
  readonly at?: string | undefined;
  readonly json?: boolean | undefined;
};

/** Says for each step with a fix what policies and command line say of it on each host; of all runbooks where none is named. */
export async function policyExplain(
  name: string | undefined,
  options: PolicyOptions,
  lookup: Lookup,
  io: Io,
): Promise<number | readonly Fault[]> {
  const { env } = process;
  const approve = approveLevel(options);
  const now = options.at === undefined ? Date.now() : momentOf(options.at, "--at");
  const wrong = [approve, now].filter((each) => isFault(each));
  const loaded = await loadPolicies({ option: options.policy, env, cwd: lookup.cwd });
  const faults = [...wrong, ...("faults" in loaded ? loaded.faults : [])];
  if (faults.length > 0 || isFault(approve) || isFault(now) || "faults" in loaded) return faults;
  const chosen = await withPatternFiles(options);
  if (isFault(chosen)) return [chosen];
  const inventory = await openInventory(options, env, io);
  if (!("inventory" in inventory)) return inventory;

  const paths = name === undefined ? (await shelvedRunbooks(lookup)).map(({ path }) => path) : [name];
  const ground: Ground = { ...loaded, inventory, approve, now };
  const explained: Explained[] = [];
  const refused: Fault[] = [];
  for (const path of paths) {
    const one = await explainRunbook(path, name !== undefined, chosen, lookup, ground);
    if ("faults" in one) refused.push(...one.faults);
    else explained.push(one);
  }
  if (name !== undefined && refused.length > 0) return refused;
  tell(notesOf(explained), io, "warning");
  if (options.json === true)
    io.out(
      `${jsonText(
        explained.map((each) => asJson(each, ground)),
        "page",
      )}\n`,
    );
  else tellPage(explained, ground, io);
  tell(refused, io);
  return refused.length > 0 ? exitOfFaults(refused) : EXIT.ok;
}

/** What is the same for every runbook. */
type Ground = {
  readonly policies: readonly Policy[];
  readonly inventory: LoadedInventory;
  readonly approve: ApproveLevel;
  readonly now: number;
};

type Explained = {
  readonly loaded: LoadedRunbook;
  readonly plan: Pick<RunPlan, "policies" | "approve" | "hosts" | "steps">;
  readonly answers: readonly Answer[];
  readonly notes: readonly Fault[];
};

async function explainRunbook(
  path: string,
  named: boolean,
  options: PolicyOptions,
  lookup: Lookup,
  { policies, inventory, approve, now }: Ground,
): Promise<Explained | { readonly faults: readonly Fault[] }> {
  const loaded = await loadRunbook(path, lookup);
  if (Array.isArray(loaded)) return { faults: loaded };
  const only = options.step ?? [];
  const unknown = named ? unknownSteps(only, loaded.runbook) : [];
  if (unknown.length > 0) return { faults: unknown };
  const hosts = selectNames(inventory, options, loaded.runbook.hosts);
  // Many runbooks of a library are for other hosts than this inventory's.
  if (isFault(hosts) && (named || hosts.kind !== "nothing-selected")) return { faults: [hosts] };
  if (isFault(hosts)) return { loaded, plan: { policies: [], approve, hosts: [], steps: [] }, answers: [], notes: [] };
  const planned = planPolicies(policies, { loaded, hosts, inventory: inventory.inventory });
  if ("faults" in planned) return planned;
  const chosen = loaded.runbook.steps.filter((step) => only.length === 0 || only.includes(step.id));
  const steps = chosen.map((step) => stepPlan(loaded, step, only));
  const plan = { policies: planned.policies, approve, hosts, steps };
  return { loaded, plan, answers: explain(plan, now), notes: planned.notes };
}

/** Every note once: those of one policy are the same for many runbooks. */
function notesOf(explained: readonly Explained[]): Fault[] {
  const notes = explained.flatMap((each) => each.notes);
  return [...new Map(notes.map((note) => [`${note.where}\n${note.message}`, note])).values()];
}

function tellPage(explained: readonly Explained[], { policies, approve, now }: Ground, io: Io): void {
  const palette = paletteOf(process.stdout.isTTY && process.stdout.hasColors());
  const inForce = policies.map(({ source }) => clean(source)).join(", ");
  const lines = [
    policies.length === 0 ? "No policy is in force: the command line decides alone." : `Policies in force: ${inForce}`,
    `At ${moment(now)}, with --approve ${approve}`,
    ...explained.flatMap(({ loaded, plan, answers }) => [
      "",
      `${palette("bold", clean(loaded.runbook.name))}  ${clean(loaded.path)}`,
      `digest ${loaded.digest}`,
      plan.hosts.length === 0 ? "selects no host of this inventory" : counted(plan.hosts.length, "host"),
      ...(plan.hosts.length > 0 && answers.length === 0 ? ["it has no fix to permit"] : []),
      ...policyPage(plan, answers, now, palette),
    ]),
  ];
  for (const line of lines) io.out(`${line}\n`);
}

function asJson({ loaded, plan, answers }: Explained, { now }: Ground): object {
  return {
    runbook: loaded.runbook.name,
    path: loaded.path,
    digest: loaded.digest,
    at: new Date(now).toISOString(),
    approve: plan.approve,
    answers: answers.map(({ step, hosts, permission, otherwise }) => ({
      step: step.id,
      risk: step.fix?.risk,
      on: step.on,
      hosts,
      ...permission,
      otherwise,
    })),
  };
}
