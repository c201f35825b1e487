import { fixing } from "../engine/outcome.ts";
import type { HostState, StepState } from "../engine/state.ts";
import type { Event } from "../model/event.ts";
import { readFacts } from "./look.ts";
import { proofOf } from "./verify.ts";
import type { Work } from "./work.ts";

/** The facts of a host; or, where a fix is to be proved in another boot than it was seen in, those of that boot. */
export async function* factsOf(host: HostState, work: Work): AsyncGenerator<Event> {
  const step = host.steps.find(fixing);
  if (step === undefined) yield await readFacts(host, work);
  else yield* factsToProve(host, step, work);
}

/** A host that has just come up may need a while to tell them; without them nothing is proved. */
async function* factsToProve(host: HostState, step: StepState, work: Work): AsyncGenerator<Event> {
  const { within, every } = proofOf(step, work);
  const started = work.clock.now();
  for (let looks = 1; ; looks += 1) {
    const event = await readFacts(host, work);
    if (work.leaving.aborted) return;
    const ms = work.clock.now() - started;
    if (event.type !== "undetermined") {
      yield event;
      return;
    }
    if (ms + every * 1000 > within * 1000) {
      const reason = `the facts could not be read after the boot: ${event.reason}`;
      yield { type: "verify-failed", host: host.host, step: step.plan.id, reason, looks, ms };
      return;
    }
    await work.clock.sleep(every * 1000, work.leaving).catch(() => undefined);
  }
}
