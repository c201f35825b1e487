import { hostname } from "node:os";
import PQueue from "p-queue";
import { permissionFor } from "../engine/permission.ts";
import { statementOf } from "../engine/statement.ts";
import type { RunState } from "../engine/state.ts";
import type { Decision } from "../model/approval.ts";
import { defaultKey, signTexts } from "../sign/signer.ts";
import { identify } from "../sign/verifier.ts";
import { clean } from "../view/clean.ts";
import type { Choice } from "./approve-choice.ts";
import type { Io } from "./io.ts";
import { homeOf, userName } from "./user.ts";

/** A decision that says when it was made, as every one must that is signed. */
export type Timed = Decision & { readonly decidedAt: number };

/** A choice as a decision of whoever runs us, on this machine. */
export function decisionOf({ reason, ...choice }: Choice): Timed {
  const who = { by: userName(process.env), machine: hostname() };
  return { ...choice, ...who, ...(reason === undefined ? {} : { reason }) };
}

/** Signs decisions with the key of `--sign`: a file, or (`true`) the key that is meant when none is named. */
export async function signAll(
  run: string,
  decisions: readonly Timed[],
  key: string | true,
  io: Io,
): Promise<readonly string[]> {
  const chosen = key === true ? await defaultKey(homeOf(process.env)) : { file: key };
  const texts = decisions.map((decision) => statementOf(run, decision));
  return signTexts(texts, chosen, (line) => io.err(`${clean(line)}\n`));
}

/** Each signature takes a few processes to check; more at once than this would not make it faster. */
const AT_ONCE = 4;

/** Decisions with their signers, as the policies of the run name them; or why one does not count. */
export async function withSigners(
  state: RunState,
  signed: readonly { readonly decision: Timed; readonly text: string }[],
): Promise<readonly (Decision | { readonly refused: string })[]> {
  const queue = new PQueue({ concurrency: AT_ONCE });
  return queue.addAll(
    signed.map(
      ({ decision, text }) =>
        () =>
          withSigner(state, decision, text),
    ),
  );
}

async function withSigner(
  state: RunState,
  decision: Timed,
  text: string,
): Promise<Decision | { readonly refused: string }> {
  const step = state.plan.steps.find(({ id }) => id === decision.step);
  if (step === undefined) return { refused: `${decision.step} is not part of this run` };
  if (text === "") return { refused: "it is not signed" };
  const { signers } = permissionFor({ plan: state.plan, host: decision.host, step, now: decision.decidedAt });
  const signer = await identify(state.run, decision, text, signers);
  return "refused" in signer ? signer : { ...decision, signature: { ...signer, text } };
}
