import { judge, type Judgement } from "../engine/judge.ts";
import { exitReason } from "../engine/words.ts";
import { fixing } from "../engine/outcome.ts";
import type { HostState, StepState } from "../engine/state.ts";
import type { Ailment } from "../model/ailment.ts";
import type { Event } from "../model/event.ts";
import { NO_OUTPUT, outputText, type Output } from "../model/output.ts";
import { NOTHING } from "../script/dialect.ts";
import { mask, MASK } from "../model/secret.ts";
import { ailing } from "./ailing.ts";
import type { Ended, Script } from "./ports.ts";
import { definitionOf, firstLine, masked, send, sendScript, shortfall, type Work } from "./work.ts";

/** Runs `applies` of the runbook (step null) or of a step. Exit 0: concerned; exit 1 with a reason: not; all else is unknown. */
export async function runApplies(host: HostState, step: StepState | null, work: Work): Promise<Event> {
  const at = { host: host.host, step: step?.plan.id ?? null };
  const body = step === null ? work.loaded.runbook.applies : definitionOf(step, work).applies;
  const after = work.seq();
  // Where it is concerned it is looked at next: at once, without the distance in between.
  const look = step === null ? undefined : lookAt(host, step, work);
  const ended = await send(host, step, body ?? NOTHING, work, {}, look);
  if (ended.kind !== "exited")
    return { type: "undetermined", ...at, reason: shortfall(ended, "applies"), ...ailing(ended) };
  if (ended.code === 0) {
    if (step !== null && ended.next !== undefined)
      work.ahead.put(host.host, step.plan.id, { ended: ended.next, after });
    return { type: "concerned", ...at };
  }
  const reason = firstLine(ended.stdout);
  if (ended.code === 1 && reason !== "") return { type: "not-concerned", ...at, reason };
  const why =
    ended.code === 1 ? "applies said no without a reason" : exitReason("applies", ended.code, ended.stderr, 0);
  return { type: "undetermined", ...at, reason: why, ...ailing(ended), output: ended.stderr };
}

/** Reads every fact, in order: a later one sees the earlier ones. One that cannot be read leaves the whole host unknown. */
export async function readFacts(host: HostState, work: Work): Promise<Event> {
  let known = host;
  for (const [name, body] of Object.entries(work.loaded.runbook.facts)) {
    const ended = await send(known, null, body, work);
    const at = { type: "undetermined", host: host.host, step: null } as const;
    if (ended.kind !== "exited") return { ...at, reason: shortfall(ended, `fact ${name}`), ...ailing(ended) };
    if (ended.code !== 0) {
      const reason = exitReason(`fact ${name}`, ended.code, ended.stderr, 0);
      return { ...at, reason, ...ailing(ended), output: ended.stderr };
    }
    const value = outputText(ended.stdout).trim();
    if (value.includes("\0")) return { ...at, reason: `fact ${name} holds a NUL byte, which no shell can take` };
    if (ended.stdout.omitted > 0) return { ...at, reason: `fact ${name} printed more than can be kept` };
    if (holdsSecret(ended.stdout)) return { ...at, reason: `fact ${name} printed the value of a secret input` };
    known = { ...known, facts: { ...known.facts, [name]: value } };
  }
  return { type: "facts-read", host: host.host, facts: { ...known.facts } };
}

/** One look at a step: its findings, or why it cannot be told. */
export async function detect(host: HostState, step: StepState, work: Work): Promise<Event> {
  const at = { host: host.host, step: step.plan.id };
  const ahead = work.ahead.take(host.host, step.plan.id);
  const look = await judged(ahead === undefined ? sendLook(host, step, work) : ahead.ended, step, work);
  // Between two fixes of a card: the rest is put off, and what was fixed is verified.
  if ("unknown" in look && fixing(step)) {
    return { type: "deferred", ...at, reason: `it could not be looked at again: ${look.unknown}` };
  }
  if ("unknown" in look) {
    const { unknown: reason, stderr: output, ailment } = look;
    return { type: "undetermined", ...at, reason, ...(ailment === undefined ? {} : { ailment }), output };
  }
  const { findings, ms } = look;
  return {
    type: "detected",
    ...at,
    findings: [...findings],
    ms,
    ...(ahead === undefined ? {} : { after: ahead.after }),
  };
}

type Look = Judgement & { readonly stderr: Output; readonly ms: number; readonly ailment?: Ailment };

/** Runs the detect script once and judges it. */
export function lookOnce(host: HostState, step: StepState, work: Work): Promise<Look> {
  return judged(sendLook(host, step, work), step, work);
}

function lookAt(host: HostState, step: StepState, work: Work): Script {
  const { detect: definition } = definitionOf(step, work);
  return work.script(host, step, definition.run, { timeout: definition.timeout });
}

function sendLook(host: HostState, step: StepState, work: Work): Promise<Ended> {
  return sendScript(host, step, lookAt(host, step, work), work);
}

async function judged(looking: Promise<Ended>, step: StepState, work: Work): Promise<Look> {
  const { detect: definition } = definitionOf(step, work);
  const ended = masked(await looking, work);
  if (ended.kind === "refused") {
    return { unknown: shortfall(ended, "detect"), stderr: NO_OUTPUT, ms: 0, ...ailing(ended) };
  }
  if (ended.kind !== "exited") {
    return { unknown: shortfall(ended, "detect"), stderr: ended.stderr, ms: ended.ms, ...ailing(ended) };
  }
  if (holdsSecret(ended.stdout)) {
    // What is masked could not be given to the fix again, so the finding would name something else.
    return { unknown: "detect printed the value of a secret input", stderr: ended.stderr, ms: ended.ms };
  }
  const judgement = judge(definition, ended.code, ended.stdout, ended.stderr);
  return { ...judgement, stderr: ended.stderr, ms: ended.ms, ...ailing(ended) };
}

function holdsSecret(output: Output): boolean {
  return output.head.includes(MASK) || output.tail.includes(MASK);
}

/** What the fix would change. A preview that fails is shown as failed; it never hides the finding. */
export async function preview(host: HostState, step: StepState, work: Work): Promise<Event> {
  const findings = step.findings ?? [];
  const keys = findings.map(({ key }) => key);
  const at = { type: "previewed", host: host.host, step: step.plan.id, keys } as const;
  const body = definitionOf(step, work).fix?.preview;
  if (body === undefined) return { ...at, output: NO_OUTPUT, failed: null };
  const ended = await send(host, step, body, work, { findings });
  if (ended.kind === "refused") return { ...at, output: NO_OUTPUT, failed: shortfall(ended, "the preview") };
  if (ended.kind !== "exited") return { ...at, output: ended.stdout, failed: shortfall(ended, "the preview") };
  const failed = ended.code === 0 ? null : mask(exitReason("the preview", ended.code, ended.stderr, 0), work.secrets);
  return { ...at, output: ended.stdout, failed };
}
