import { exitReason } from "../engine/words.ts";
import type { HostState, StepState } from "../engine/state.ts";
import type { Event } from "../model/event.ts";
import type { Finding } from "../model/finding.ts";
import { VERIFY_DEFAULTS, type Verify } from "../model/fix.ts";
import { lookOnce } from "./look.ts";
import { definitionOf, send, shortfall, type Work } from "./work.ts";

/** One look after a fix: all gone (with what else is there), or why not yet. */
type Look = { readonly rest: readonly Finding[] } | { readonly notYet: string };

/**
 * Proves the fix: looks again until every fixed key is gone and the verify script agrees, and once more after `stable_for`.
 * Unknown at the end is a failure. Findings that were not fixed start a new round: they are told as a new detection.
 */
export async function* verify(host: HostState, step: StepState, work: Work): AsyncGenerator<Event> {
  const at = { host: host.host, step: step.plan.id };
  const rule = proofOf(step, work);
  const started = work.clock.now();
  const keys = fixedKeys(step);

  for (let looks = 1; ; looks += 1) {
    let look = await lookAgain(host, step, rule, keys, work);
    if ("rest" in look && rule.stable_for !== undefined) {
      await pause(work, rule.stable_for);
      looks += 1;
      look = await lookAgain(host, step, rule, keys, work);
    }
    const ms = work.clock.now() - started;
    if ("rest" in look) {
      yield { type: "verified", ...at, looks, ms };
      if (look.rest.length > 0) yield { type: "detected", ...at, findings: [...look.rest], ms: 0 };
      return;
    }
    // Who leaves before it is proven learns nothing about the fix: it stays in doubt.
    if (work.leaving.aborted) return;
    if (ms + rule.every * 1000 > rule.within * 1000) {
      yield { type: "verify-failed", ...at, reason: look.notYet, looks, ms };
      return;
    }
    await pause(work, rule.every);
  }
}

/** How a step is proved. */
export function proofOf(step: StepState, work: Work): Verify {
  const wish = definitionOf(step, work).verify;
  return wish === undefined || wish === false ? VERIFY_DEFAULTS : wish;
}

/** The keys that must be gone: of the findings whose fix exited 0, or of the whole card. */
function fixedKeys(step: StepState): ReadonlySet<string> {
  const perFinding = step.fixes.some((fix) => fix.key !== null);
  if (!perFinding) return new Set(step.target.map((finding) => finding.key));
  return new Set(
    step.fixes.flatMap((fix) => ((fix.end === "done" || fix.end === "over") && fix.key !== null ? [fix.key] : [])),
  );
}

async function lookAgain(
  host: HostState,
  step: StepState,
  rule: Verify,
  keys: ReadonlySet<string>,
  work: Work,
): Promise<Look> {
  const look = await lookOnce(host, step, work);
  if ("unknown" in look) return { notYet: `it cannot be told whether it is gone: ${look.unknown}` };
  const left = look.findings.filter((finding) => keys.has(finding.key));
  if (left.length > 0)
    return { notYet: left.length === 1 ? "it is still there" : `${left.length} findings are still there` };
  if (rule.run === undefined) return { rest: look.findings };

  const ended = await send(host, step, rule.run, work, { findings: step.target, keep: step.fixes.length > 0 });
  if (ended.kind !== "exited") return { notYet: shortfall(ended, "verify") };
  if (ended.code !== 0) return { notYet: exitReason("verify", ended.code, ended.stderr, 0) };
  return { rest: look.findings };
}

/** Leaving cuts the pause short; the look that follows then says what it says. */
async function pause(work: Work, seconds: number): Promise<void> {
  try {
    await work.clock.sleep(seconds * 1000, work.leaving);
  } catch {
    // aborted: the caller checks `leaving`
  }
}
