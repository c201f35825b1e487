import type { LoadedRunbook, Step } from "../model/runbook.ts";

/** Which script of a runbook something is: `step` null for the runbook's own. */
export type Part = { readonly step: string | null; readonly name: string };

const MARK = /(?:: ['"]|# )runbook-case ([a-z0-9-]*) ([a-z0-9_:]+)['"]?/g;

/**
 * The runbook as a case plays it: of its steps those that are asked for, its scripts marked so that it can be told which of them is sent,
 * and without what only real hosts and people need: waits, earlier runs that found the same, signatures.
 */
export function marked(
  loaded: LoadedRunbook,
  wanted: (step: string) => boolean,
  host: "data" | "real" = "data",
): LoadedRunbook {
  const { runbook } = loaded;
  const own = (name: string, text: string): string => mark({ step: null, name }, text, runbook.shell === "powershell");
  const facts = Object.entries(runbook.facts).map(([name, text]) => [name, own(`fact:${name}`, text)]);
  return {
    ...loaded,
    runbook: {
      ...runbook,
      ...(runbook.applies === undefined ? {} : { applies: own("applies", runbook.applies) }),
      facts: Object.fromEntries(facts),
      rollout: { ...runbook.rollout, batches: ["100%"], max_unknown: "100%" },
      steps: runbook.steps
        .filter(({ id }) => wanted(id))
        .map((step) => markedStep(step, (step.shell ?? runbook.shell) === "powershell", host)),
    },
  };
}

function markedStep(step: Step, powershell: boolean, host: "data" | "real"): Step {
  const own = (name: string, text: string): string => mark({ step: step.id, name }, text, powershell);
  const script = <K extends string>(key: K, name: string, text: string | undefined): Partial<Record<K, string>> => {
    const marks: Partial<Record<K, string>> = {};
    if (text !== undefined) marks[key] = own(name, text);
    return marks;
  };
  const { fix, verify, rollback, detect } = step;
  return {
    ...step,
    ...script("applies", "applies", step.applies),
    detect: {
      ...detect,
      run: own("detect", detect.run),
      ...(detect.confirm === undefined || host === "real"
        ? {}
        : { confirm: { times: detect.confirm.times, every: 0 } }),
    },
    ...(fix === undefined
      ? {}
      : {
          fix: {
            ...fix,
            approvals: undefined,
            ...script("preview", "preview", fix.preview),
            ...script("guard", "guard", fix.guard),
            ...script("run", "fix", fix.run),
          },
        }),
    ...(verify === undefined || verify === false
      ? {}
      : { verify: { ...verify, ...script("run", "verify", verify.run) } }),
    ...(rollback === undefined ? {} : { rollback: { ...rollback, run: own("rollback", rollback.run) } }),
  };
}

/** On the script's first line: what its shell says of lines stays right. */
function mark({ step, name }: Part, text: string, powershell: boolean): string {
  const words = `runbook-case ${step ?? ""} ${name}`;
  return powershell ? `# ${words}\n${text}` : `: '${words}'; ${text}`;
}

/** Which script a text that is sent to a host is; null: it is none of the runbook's. */
export function partOf(text: string): Part | null {
  // What stands within an `eval` has its quotes written as '\''.
  const last = [...text.replaceAll("'\\''", "'").matchAll(MARK)].at(-1);
  const [, step = "", name = ""] = last ?? [];
  return last === undefined ? null : { step: step === "" ? null : step, name };
}

const ASSIGNED = /([a-z_][a-z0-9_]*)=((?:'[^']*'|\\')+)\n/y;

/** The variables with which a script begins, as it was sent. */
export function variablesOf(text: string): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  const first = /^unset [a-z0-9_ ]+\n/.exec(text);
  ASSIGNED.lastIndex = first?.[0].length ?? 0;
  for (let match = ASSIGNED.exec(text); match !== null; match = ASSIGNED.exec(text)) {
    const [, name = "", value = ""] = match;
    found[name] = value.replaceAll("'\\''", "\0").replaceAll("'", "").replaceAll("\0", "'");
  }
  return found;
}
