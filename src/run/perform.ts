import type { Intent } from "../engine/todo.ts";
import type { HostState, StepState } from "../engine/state.ts";
import type { Event } from "../model/event.ts";
import { isFault } from "../model/fault.ts";
import { reboots } from "../engine/outcome.ts";
import { factsOf } from "./facts.ts";
import { lock } from "./lock.ts";
import { detect, preview, runApplies } from "./look.ts";
import { follow, reattach } from "./follow.ts";
import { fix } from "./mend.ts";
import { findRebooted, reboot } from "./reboot.ts";
import type { Work } from "./work.ts";
import { disarm } from "./timer.ts";
import { rollback } from "./undo.ts";
import { verify } from "./verify.ts";
import { reached } from "./reached.ts";

/** Carries out one intent and tells what came of it. The caller makes each event durable before it asks for the next. */
export async function* perform(intent: Intent, host: HostState, work: Work): AsyncGenerator<Event> {
  const at = { host: host.host };
  if (intent.kind !== "detect") work.ahead.drop(host.host);
  switch (intent.kind) {
    case "connect":
      yield* connect(host, work);
      break;
    case "applies":
      yield await runApplies(host, intent.step === null ? null : stepOf(host, intent.step), work);
      break;
    case "read-facts":
      yield* factsOf(host, work);
      break;
    case "detect":
      yield await detect(host, stepOf(host, intent.step), work);
      break;
    case "preview":
      yield await preview(host, stepOf(host, intent.step), work);
      break;
    case "ask":
      yield await ask({ ...at, step: intent.step, digest: intent.digest }, work);
      break;
    case "approve":
      yield { type: "approved", ...at, step: intent.step, digest: intent.digest, by: intent.by, auto: true };
      break;
    case "void":
      yield { type: "approval-voided", ...at, step: intent.step, reason: intent.reason };
      break;
    case "admit":
      yield { type: "admitted", ...at, batch: intent.batch };
      break;
    case "fix":
      yield* reboots(stepOf(host, intent.step))
        ? reboot(host, stepOf(host, intent.step), work)
        : fix(host, stepOf(host, intent.step), intent.key, work);
      break;
    case "lock":
      yield* await lock(host, stepOf(host, intent.step), work, "go-on");
      break;
    case "reattach":
      yield* reboots(stepOf(host, intent.step))
        ? findRebooted(host, stepOf(host, intent.step), work)
        : reattach(host, stepOf(host, intent.step), work);
      break;
    case "follow":
      yield* follow(host, stepOf(host, intent.step), work);
      break;
    case "disarm":
      yield* disarm(host, stepOf(host, intent.step), work);
      break;
    case "verify":
      yield* verify(host, stepOf(host, intent.step), work);
      break;
    case "rollback":
      yield* rollback(host, stepOf(host, intent.step), work);
      break;
    case "settle":
      yield {
        type: "step-ended",
        ...at,
        step: intent.step,
        outcome: intent.outcome,
        reason: intent.reason,
        ...(intent.open === true ? { open: true } : {}),
      };
      break;
  }
}

function stepOf(host: HostState, id: string): StepState {
  const step = host.steps.find((each) => each.plan.id === id);
  if (step === undefined) throw new Error(`no step ${id} on ${host.host}`);
  return step;
}

/** The same finding on the same host is asked once, however many runs see it. */
async function ask(card: { host: string; step: string; digest: string }, work: Work): Promise<Event> {
  const other = await work.claim(card);
  return other === null ? { type: "asked", ...card } : { type: "asked-elsewhere", ...card, inRun: other.run };
}

/** A login that was given up because the run stops says nothing about the host: the engine then settles it. */
async function* connect(host: HostState, work: Work): AsyncGenerator<Event> {
  const started = work.clock.now();
  const signal = AbortSignal.any([work.leaving, work.stopping]);
  const made = await work.fleet.connect(work.hostOf(host.host), host.identity?.machineId ?? null, signal);
  if (isFault(made)) {
    if (!work.stopping.aborted) yield { type: "unreachable", host: host.host, fault: work.maskFault(made) };
    return;
  }
  yield reached(host.host, made, work.clock.now() - started);
}
