import { link, mkdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { makePlan } from "../engine/plan.ts";
import { casesText } from "../language/cases/write.ts";
import { casesDirectory } from "../load/cases.ts";
import type { Lookup } from "../load/library.ts";
import { loadRunbook } from "../load/runbook.ts";
import type { Entry } from "../model/event.ts";
import { isFault, type Fault } from "../model/fault.ts";
import type { Host } from "../model/inventory.ts";
import { outputText } from "../model/output.ts";
import type { LoadedRunbook } from "../model/runbook.ts";
import { Secret } from "../model/secret.ts";
import type { RunState } from "../engine/state.ts";
import { systemClock } from "../run/clock.ts";
import { start } from "../run/start.ts";
import { anonymizer, type Anonymizer } from "../trial/anonymous.ts";
import { marked } from "../trial/marks.ts";
import { unrecorded } from "../trial/memory.ts";
import { recording, type Heard } from "../trial/recording.ts";
import { clean } from "../view/clean.ts";
import { paletteOf } from "../view/colour.ts";
import { connectors } from "./connectors.ts";
import { EXIT } from "./exit.ts";
import { inputPairs, readInputs } from "./inputs.ts";
import type { Io } from "./io.ts";
import { questions } from "./prompt.ts";
import { askForSecrets, askPasswords } from "./secrets.ts";
import { selectTargets, withLogin, type TargetOptions } from "./targets.ts";
import { expecting, givenInputs, sheetOf, type Recorded } from "./test-record-sheet.ts";

/** Options of `test --record`. */
export type RecordOptions = TargetOptions & {
  readonly record: string;
  readonly input?: readonly string[] | undefined;
  readonly become?: boolean | undefined;
  readonly askPass?: boolean | undefined;
  readonly askBecomePass?: boolean | undefined;
  readonly acceptNewHostKeys?: boolean | undefined;
};

/** Makes a case from what the scripts of a runbook that only look print on a real host, without what tells which host it was. */
export async function recordCase(
  names: readonly string[],
  options: RecordOptions,
  lookup: Lookup,
  io: Io,
): Promise<number | readonly Fault[]> {
  const [name, ...more] = names;
  if (name === undefined || more.length > 0) {
    const message = "a case is recorded for one runbook";
    return [{ kind: "usage", message, hint: "runbook test --record HOST -i INVENTORY NAME" }];
  }
  const loaded = await loadRunbook(name, lookup);
  if (Array.isArray(loaded)) return loaded;
  const targets = await selectTargets({ ...options, hosts: options.record }, "all", process.env, io);
  if (!("hosts" in targets)) return targets;
  const [host, ...others] = targets.hosts;
  if (host === undefined || others.length > 0) {
    const message = `\`${options.record}\` is ${targets.hosts.length} hosts, and a case is recorded on one`;
    return [{ kind: "usage", message, hint: "name one host" }];
  }
  const recorded = await listenTo(loaded, host, targets.source, options);
  if (!("heard" in recorded)) return recorded;
  const hosts = [...new Set([host.name, host.address, ...recorded.said.hosts, ...targets.inventory.hosts.keys()])];
  const anonymous = anonymizer({
    hosts,
    users: [...new Set([host.user ?? "", host.becomeUser ?? "", ...recorded.said.users])],
    values: privateValues(recorded.state),
  });
  const sheet = await expecting(loaded, sheetOf(loaded, recorded, anonymous));
  const path = await writeNew(casesDirectory(loaded.path), lookup.cwd, casesText(sheet));
  if (isFault(path)) return [path];
  tellRecorded(path, anonymous, recorded, io);
  return EXIT.ok;
}

/** A dry run on the host, of the steps that run there. */
async function listenTo(
  loaded: LoadedRunbook,
  host: Host,
  inventory: string,
  options: RecordOptions,
): Promise<Recorded | readonly Fault[]> {
  const { env } = process;
  const { inputs, faults } = await readInputs(inputPairs(options.input), loaded.runbook, env);
  if (faults.length > 0) return faults;
  const here = new Set(loaded.runbook.steps.filter(({ on }) => on === "host").map(({ id }) => id));
  const played = marked(loaded, (step) => here.has(step), "real");
  const asked = await askForSecrets(played.runbook, [host], inputs);
  const plan = {
    inventory,
    inputs,
    asked,
    dryRun: true,
    approve: "none",
    attended: false,
    parallel: 1,
    by: "",
    only: [],
  } as const;
  const prepared = makePlan(played, [host], plan);
  if ("faults" in prepared) return prepared.faults;
  const [able = host] = withLogin([host], options, await askPasswords(options));
  const secrets = [
    ...[...prepared.values.values()].flatMap((own) => [...own.values()].filter((each) => each instanceof Secret)),
    ...[able.password, able.becomePassword].filter((each) => each !== undefined),
  ];
  const real = connectors(env, {
    acceptNewHostKeys: options.acceptNewHostKeys === true,
    sshConfig: options.sshConfig,
    questions: questions(),
  });
  const heard: Heard[] = [];
  const entries: Entry[] = [];
  const leaving = new AbortController();
  process.once("SIGINT", () => leaving.abort());
  const state = await start({
    run: "record",
    first: { type: "run-started", format: 1, plan: prepared.plan },
    values: prepared.values,
    loaded: played,
    hosts: [able],
    secrets,
    become: options.become === true,
    jobs: true,
    connector: recording(real.all, heard),
    controller: real.local,
    clock: systemClock,
    leaving: leaving.signal,
    ...unrecorded(entries),
  });
  const unreachable = [...state.hosts.values()].flatMap((each) => each.unreachable ?? []);
  if (unreachable.length > 0) return unreachable.map((fault) => ({ ...fault, where: host.name }));
  if (leaving.signal.aborted) return [{ kind: "usage", message: "interrupted: nothing was recorded" }];
  const said = await whoIs(able, real.all);
  return { heard, state, secrets, inputs: givenInputs(loaded, prepared.plan.inputs), said };
}

/** Names that only the host knows. */
const WHO = "uname -n; echo --; id -un; awk -F: '$3 >= 1000 && $3 < 65534 { print $1 }' /etc/passwd";

async function whoIs(host: Host, connector: ReturnType<typeof connectors>["all"]): Promise<Recorded["said"]> {
  const none = { hosts: [], users: [] };
  if (host.windows !== undefined) return none;
  const made = await connector.connect(host);
  if (isFault(made)) return none;
  await using connection = made;
  const ended = await connection.run({ text: WHO, shell: "sh", become: null, timeout: 30, late: "end" });
  if (ended.kind !== "exited") return none;
  const [hosts = "", users = ""] = outputText(ended.stdout).split("--\n");
  return { hosts: linesOf(hosts).flatMap((name) => [name, name.split(".", 1).join("")]), users: linesOf(users) };
}

function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

function privateValues(state: RunState): string[] {
  const values = [...state.hosts.values()].flatMap((host) =>
    host.steps.flatMap((step) => {
      const hidden = step.plan.columns.filter((column) => column.private).map(({ name }) => name);
      return (step.findings ?? []).flatMap((finding) => hidden.map((name) => String(finding.values[name] ?? "")));
    }),
  );
  return [...new Set(values)];
}

/** Steps with private columns whose look could not be judged: which of what they print is private, nobody knows. */
function unjudged({ state, heard }: Recorded): string[] {
  const steps = [...state.hosts.values()].flatMap((host) => host.steps);
  const told = new Set(heard.flatMap(({ step, name }) => (name === "detect" ? [step] : [])));
  return steps.flatMap(({ plan, findings }) =>
    findings === null && told.has(plan.id) && plan.columns.some((column) => column.private) ? [plan.id] : [],
  );
}

/** Writes a file that was not there, whole or not at all. Answers with its path. */
async function writeNew(said: string, cwd: string, text: string): Promise<string | Fault> {
  const directory = resolve(cwd, said);
  const date = new Date().toISOString().slice(0, 10);
  const draft = resolve(directory, `.recorded-${process.pid}.tmp`);
  try {
    await mkdir(directory, { recursive: true });
    await writeFile(draft, text, { flag: "wx", mode: 0o600 });
    for (let at = 1; ; at += 1) {
      const name = `recorded-${date}${at === 1 ? "" : `-${at}`}.yml`;
      try {
        await link(draft, resolve(directory, name));
        return join(said, name);
      } catch (error) {
        if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
      }
    }
  } catch (error) {
    const message = `the case cannot be written: ${error instanceof Error ? error.message : String(error)}`;
    return { kind: "usage", where: said, message };
  } finally {
    await rm(draft, { force: true });
  }
}

function tellRecorded(path: string, anonymous: Anonymizer, recorded: Recorded, io: Io): void {
  const palette = paletteOf(process.stdout.isTTY && process.stdout.hasColors());
  const replaced = anonymous.replaced();
  const lines = [
    `${palette("green", "✓")} ${clean(path)}`,
    ...(replaced.length === 0 ? [] : ["  replaced wherever it stood:"]),
    ...replaced.map(({ what, from, to, times }) => `    ${what}  ${clean(from)} → ${to}  (${times}×)`),
    ...(recorded.secrets.length === 0 ? [] : ["  secret inputs and passwords are masked"]),
    ...unjudged(recorded).map(
      (step) =>
        `${palette("yellow", "→")} What ${clean(step)} printed could not be judged: values of its private columns are in the file as they are.`,
    ),
    `${palette("yellow", "→")} Read it before anybody else does: what scripts print may tell more than names and addresses, and a name may mean`,
    "  something else in one place.",
  ];
  for (const line of lines) io.out(`${line}\n`);
}
