import { existsSync } from "node:fs";
import { access, constants } from "node:fs/promises";
import { join } from "node:path";
import { statementOf } from "../engine/statement.ts";
import type { Decision } from "../model/approval.ts";
import { FaultError } from "../model/fault.ts";
import type { Verifier } from "../run/ports.ts";
import { NAMESPACE, runProgram, withPrivateFiles, wordsOf, type Said } from "./keygen.ts";

/** Whose signature it is, by the signers' files and by the key that made it. */
export type Signer = { readonly principal: string; readonly key: string };

/** Characters that a signature may have: the longest keys give a tenth of it. */
const LONGEST = 50_000;

type Refused = { readonly refused: string };

/** Checks signatures with `ssh-keygen -Y verify`. */
export const sshVerifier: Verifier = {
  verify: async (run, decision, signers) => {
    const { signature, decidedAt } = decision;
    if (signature === undefined) return { refused: "it is not signed" };
    if (decidedAt === undefined) return { refused: "it is signed, and does not say when it was decided" };
    const signer = await identify(run, { ...decision, decidedAt }, signature.text, signers);
    if ("refused" in signer) return signer;
    if (signer.key !== signature.key || signer.principal !== signature.principal) {
      const said = `${signature.principal} (${signature.key})`;
      return { refused: `it says that it was signed by ${said}, and ${signer.principal} (${signer.key}) signed it` };
    }
    return null;
  },
};

/**
 * Whose signature over a decision it is. It must be good for exactly this text, and its key must stand in every one of the signers' files
 * under the same name, valid at the time of the decision, and in no list of revoked keys (`FILE.revoked`).
 */
export async function identify(
  run: string,
  decision: Decision & { readonly decidedAt: number },
  signature: string,
  signers: readonly string[],
): Promise<Signer | Refused> {
  if (signers.length === 0) {
    return { refused: "no policy of the run names a file of signers, so nobody can tell whose signature it is" };
  }
  if (signature.length > LONGEST) return { refused: "the signature is malformed: it is too long" };
  const text = statementOf(run, decision);
  const time = verifyTime(decision.decidedAt);
  try {
    return await withPrivateFiles({ signature }, (directory) =>
      signerOf({ text, signature: join(directory, "signature"), time }, signers),
    );
  } catch (error) {
    // A live run asks as well, and must not end because a disk is full here.
    if (error instanceof FaultError) return { refused: `its signature cannot be checked here: ${error.message}` };
    throw error;
  }
}

async function signerOf(check: Check, signers: readonly string[]): Promise<Signer | Refused> {
  const made = await keyOf(check);
  if ("refused" in made) return made;
  let names: readonly string[] | null = null;
  for (const file of signers) {
    const found = await principalsIn(file, made.key, check);
    if ("refused" in found) return found;
    names = names === null ? found.principals : names.filter((name) => found.principals.includes(name));
  }
  const [principal] = names ?? [];
  if (principal === undefined) return { refused: `its key (${made.key}) has different names in ${signers.join(", ")}` };
  return { principal, key: made.key };
}

type Check = { readonly text: string; readonly signature: string; readonly time: string };

function keygen(action: string, argv: readonly string[], { text, signature }: Check): Promise<Said> {
  return runProgram("ssh-keygen", ["-Y", action, "-s", signature, ...argv], { text });
}

/** The fingerprint of the key that made the signature, once it is good for the text and was given for a decision. */
async function keyOf(check: Check): Promise<{ readonly key: string } | Refused> {
  const said = await keygen("check-novalidate", ["-n", NAMESPACE], check);
  const key = fingerprintOf(said);
  if (said.code === 0 && key !== null) return { key };
  const words = wordsOf(said);
  if (/namespace does not match/.test(words)) {
    return { refused: "the signature was given for something else, not for a decision" };
  }
  if (/incorrect signature/.test(words)) return { refused: "the signature is for another text than this decision" };
  if (said.code === null) return { refused: words };
  return { refused: `the signature is malformed: ${words}` };
}

function fingerprintOf({ out }: Said): string | null {
  return / key (SHA256:[A-Za-z0-9+/]{43})$/m.exec(out)?.[1] ?? null;
}

/** The names that a file of signers gives the key; patterns are nobody's name. */
async function principalsIn(
  file: string,
  key: string,
  check: Check,
): Promise<{ readonly principals: readonly string[] } | Refused> {
  if (!(await readable(file))) return { refused: `the file of signers cannot be read: ${file}` };
  const found = await keygen("find-principals", ["-f", file, "-O", `verify-time=${check.time}`], check);
  const all = found.out.split("\n").filter((name) => name !== "");
  if (found.code !== 0 || all.length === 0) return { refused: unknownKey(file, key, found) };
  const names = all.filter((name) => !/[*?!]/.test(name));
  if (names.length === 0) return { refused: `its key (${key}) stands in ${file} under a pattern, which names nobody` };
  const principals: string[] = [];
  let words = "";
  for (const name of names) {
    const argv = ["-f", file, "-I", name, "-n", NAMESPACE, "-O", `verify-time=${check.time}`];
    const said = await keygen("verify", argv, check);
    if (said.code !== 0 || fingerprintOf(said) !== key) {
      words = wordsOf(said);
      continue;
    }
    const revoked = await revocation(file, key, argv, check);
    if (revoked !== null) return revoked;
    principals.push(name);
  }
  if (principals.length > 0) return { principals };
  return { refused: `its key (${key}) may not sign decisions by ${file}: ${words}` };
}

/** A signature that is good but for the list of revoked keys beside the file of signers. Null: it is not revoked, or there is no list. */
async function revocation(file: string, key: string, argv: readonly string[], check: Check): Promise<Refused | null> {
  const list = `${file}.revoked`;
  if (!existsSync(list)) return null;
  if (!(await readable(list))) return { refused: `the list of revoked keys cannot be read: ${list}` };
  const said = await keygen("verify", [...argv, "-r", list], check);
  return said.code === 0
    ? null
    : { refused: `its key (${key}) is revoked, or the list of revoked keys is no such list: ${list}` };
}

function unknownKey(file: string, key: string, { err }: Said): string {
  const when = /: key (?:has expired|is not yet valid).*/.exec(err)?.[0];
  if (when !== undefined) return `its key (${key}) was not valid when it was decided, by ${file}${when}`;
  return `its key (${key}) is not in ${file}`;
}

async function readable(file: string): Promise<boolean> {
  return access(file, constants.R_OK).then(
    () => true,
    () => false,
  );
}

/** A moment as `ssh-keygen` takes it, by the clock of this machine, as it reads the dates in a file of signers. */
function verifyTime(at: number): string {
  const date = new Date(at);
  const rest = [date.getMonth() + 1, date.getDate(), date.getHours(), date.getMinutes(), date.getSeconds()];
  return [date.getFullYear(), ...rest.map((part) => String(part).padStart(2, "0"))].join("");
}
