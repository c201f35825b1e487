import { missingInputs } from "../engine/values.ts";
import type { Host } from "../model/inventory.ts";
import type { Runbook } from "../model/runbook.ts";
import type { Secret } from "../model/secret.ts";
import { askSecret } from "./prompt.ts";
import type { Passwords } from "./targets.ts";

/** A secret input that some host would have no value for is asked for on the terminal. */
export async function askForSecrets(
  runbook: Runbook,
  hosts: readonly Host[],
  given: ReadonlyMap<string, string | Secret>,
): Promise<ReadonlyMap<string, Secret>> {
  const answers = new Map<string, Secret>();
  for (const [name, input] of missingInputs(runbook, hosts, given)) {
    if (!input.secret || !process.stdin.isTTY) continue;
    answers.set(name, await askSecret(input.about === undefined ? name : `${name} (${input.about})`));
  }
  return answers;
}

/** Asks for the passwords that the command line says are to be asked for. */
export async function askPasswords(options: {
  readonly askPass?: boolean | undefined;
  readonly askBecomePass?: boolean | undefined;
}): Promise<Passwords> {
  const login = options.askPass === true ? await askSecret("SSH password") : undefined;
  const become = options.askBecomePass === true ? await askSecret("password to become another user") : undefined;
  return { login, become };
}
