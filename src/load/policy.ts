import { lstat, realpath, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { inFileOrder } from "../language/yaml/source.ts";
import type { Fault } from "../model/fault.ts";
import type { Policy } from "../model/policy-file.ts";
import { readText, unreadable } from "./text.ts";

/** Bytes that a policy, and its file of signers, may have. */
const MAX_POLICY = 1_000_000;

/** The policy of the whole machine. */
const SYSTEM_POLICY = "/etc/runbook/policy.yml";

/** Where policies are looked for. */
export type PolicyPlaces = {
  /** `--policy`. */
  readonly option?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** In the place of `/etc/runbook/policy.yml`. */
  readonly system?: string;
};

/** Reads every policy in force, or tells every mistake in any of them: a policy that cannot be read never means yes. */
export async function loadPolicies(
  places: PolicyPlaces,
): Promise<{ readonly policies: readonly Policy[] } | { readonly faults: readonly Fault[] }> {
  const read = await Promise.all((await policyFiles(places)).map((file) => openPolicy(file, places.cwd)));
  const faults = read.flatMap((each) => each.faults);
  return faults.length > 0 ? { faults } : { policies: read.flatMap(({ policy }) => policy ?? []) };
}

/** A file that must be read. `said` is how it was named, where its path alone would not tell. */
type PolicyPath = { readonly path: string; readonly said?: string };

/** The files in force, each once however many ways lead to it. */
async function policyFiles({ option, env, cwd, system = SYSTEM_POLICY }: PolicyPlaces): Promise<PolicyPath[]> {
  const variable = env["RUNBOOK_POLICY"] ?? "";
  const named: PolicyPath[] = [
    ...(option === undefined ? [] : [{ path: option, said: "--policy" }]),
    ...(variable === "" ? [] : [{ path: variable, said: "$RUNBOOK_POLICY" }]),
  ];
  const usual = await Promise.all(
    ["policy.yml", system].map(async (path) => ((await isAbsent(cwd, path)) ? [] : [{ path }])),
  );
  const files = new Map<string, PolicyPath>();
  for (const file of [...named, ...usual.flat()]) {
    const absolute = resolve(cwd, file.path);
    const real = await realpath(absolute).catch(() => absolute);
    if (!files.has(real)) files.set(real, file);
  }
  return [...files.values()];
}

/** Only what is certainly not there; what may not be looked at might be there. */
async function isAbsent(cwd: string, path: string): Promise<boolean> {
  try {
    await lstat(resolve(cwd, path));
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ENOENT";
  }
}

/** A policy, or every mistake in it. */
export async function openPolicy(
  { path, said }: PolicyPath,
  cwd: string,
): Promise<{ readonly policy?: Policy; readonly faults: readonly Fault[] }> {
  if (path === "") {
    return { faults: [{ kind: "usage", where: said ?? path, message: "no policy is named", hint: "--policy FILE" }] };
  }
  const absolute = resolve(cwd, path);
  const file = await readText(absolute, MAX_POLICY);
  if ("problem" in file) {
    const hint = said === undefined ? "mend it or remove it" : `${said} names it`;
    return {
      faults: [{ ...unreadable(file, path, hint), message: `the policy cannot be used: ${file.problem}` }],
    };
  }
  if (await isOpenToAll(absolute)) {
    const message = `the policy cannot be used: ${OPEN_TO_ALL}`;
    return { faults: [{ kind: "invalid-file", where: path, message, hint: `chmod o-w ${path}` }] };
  }
  // Most runs are under no policy: they do without its schema.
  const { examinePolicy } = await import("../language/policy/compile.ts");
  const { yaml, policy, faults } = examinePolicy(file.text, path);
  const signers = policy?.signers ?? null;
  if (yaml === undefined || policy === undefined || signers === null) return { ...(policy && { policy }), faults };
  const keys = resolve(dirname(absolute), signers);
  const wrong = await signersProblem(keys);
  const more = wrong === undefined ? [] : [yaml.fault(["allowed_signers"], `\`allowed_signers\`: ${wrong}`)];
  return { policy: { ...policy, signers: keys }, faults: inFileOrder([...faults, ...more]) };
}

/** Why nobody could sign; undefined: somebody may. Whether the keys are good is for `ssh-keygen` to say. */
async function signersProblem(path: string): Promise<string | undefined> {
  const file = await readText(path, MAX_POLICY);
  if ("problem" in file) return file.problem;
  if (await isOpenToAll(path)) return OPEN_TO_ALL;
  return /^[ \t]*[^#\s]/m.test(file.text) ? undefined : "the file names nobody who may sign";
}

const OPEN_TO_ALL = "everybody on this machine may write the file";

/** What anybody can write binds nobody. */
async function isOpenToAll(path: string): Promise<boolean> {
  const { mode } = await stat(path);
  return (mode & 0o002) !== 0;
}
