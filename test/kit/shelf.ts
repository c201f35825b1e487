import { fold } from "../../src/engine/evolve.ts";
import { hostVerdict, stepVerdict } from "../../src/engine/outcome.ts";
import { Entry } from "../../src/model/event.ts";
import { workshop, type Workshop } from "./workshop.ts";

type Job = {
  readonly hosts?: readonly string[];
  /** Further keys of the runbook, in place of the input `dir`. */
  readonly top?: string;
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
};

/**
 * A workshop whose hosts are names for this machine, each with a directory of its own as `$dir`.
 * `steps` are the steps of the runbook `job`, indented as in a file.
 */
export async function localJob(steps: string, job: Job = {}): Promise<Workshop> {
  const shop = await workshop(job.files);
  const hosts = job.hosts ?? ["a"];
  await shop.write("hosts.yml", inventoryOf(shop.directory, hosts));
  for (const host of hosts) await shop.write(`${host}/here`, "");
  const top = job.top ?? "inputs: { dir: { type: string } }\n";
  await shop.write("runbooks/job.yml", `name: job\ntitle: A job\n${top}steps:\n${steps}`);
  return shop;
}

/** An inventory of names for this machine, each with a directory below `directory` as `dir`. */
export function inventoryOf(directory: string, hosts: readonly string[]): string {
  const lines = hosts.map((host) => `    ${host}: { dir: ${JSON.stringify(`${directory}/${host}`)} }\n`);
  return `all:\n  vars: { ansible_connection: local }\n  hosts:\n${lines.join("")}`;
}

/** A step that finds the files `*.bad` of `$dir` and removes them. `fix` and `step` are further keys. */
export function sweep(id = "sweep", risk = "low", fix = "", step = ""): string {
  return `  - id: ${id}
    detect:
      run: cd "$dir"; find . -name '*.bad' -type f | sort
      findings: { file: string }
    fix: { risk: ${risk}, run: 'rm -- "$dir/$file"'${fix} }
    verify: { within: 1s, every: 200ms }
${step}`;
}

/** The run's entries, as \`--json\` prints them. */
export function entriesOf(out: string): Entry[] {
  if (out === "") throw new Error("nothing was printed");
  return out
    .trimEnd()
    .split("\n")
    .map((line) => {
      const { run, seq, at, ...event } = JSON.parse(line) as Record<string, unknown>;
      return Entry.parse({ run, seq, at: Date.parse(String(at)), event });
    });
}

/** How every step on every host ended, \`host step\` → \`outcome\` or \`outcome: reason\`, from what \`--json\` printed. */
export function verdictsOf(out: string): Readonly<Record<string, string>> {
  const state = fold(entriesOf(out));
  const rows = [...(state?.hosts ?? [])].flatMap(([, host]) =>
    host.steps.map((step) => [`${host.host} ${step.plan.id}`, said(stepVerdict(host, step))] as const),
  );
  return Object.fromEntries(rows);
}

/** The same, by host alone: its worst step. */
export function hostsOf(out: string): Readonly<Record<string, string>> {
  const state = fold(entriesOf(out));
  return Object.fromEntries([...(state?.hosts ?? [])].map(([name, host]) => [name, hostVerdict(host).outcome]));
}

function said({ outcome, reason }: { readonly outcome: string; readonly reason: string }): string {
  return reason === "" ? outcome : `${outcome}: ${reason}`;
}
