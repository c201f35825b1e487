import type { FixState, HostState, StepState } from "../engine/state.ts";
import { kernelWords } from "../engine/words.ts";
import type { Event } from "../model/event.ts";
import { kernelOf } from "../model/fix.ts";
import { Secret } from "../model/secret.ts";
import { dialectOf, NOTHING } from "../script/dialect.ts";
import { awaitBoot, type Awaited } from "./boot.ts";
import { maskOutput } from "./masking.ts";
import { lock } from "./lock.ts";
import { guard, lockAlone } from "./mend.ts";
import type { Ended, JobEnded, Listener } from "./ports.ts";
import { definitionOf, firstLine, send, shortfall, type Work } from "./work.ts";

/** Seconds that somebody has to take the order; and ms in which a host goes down where nobody took it, since the one who took it may not say so. */
const ORDER = { timeout: 30, refused: 30_000 };

/** The last look (guard), then the order to reboot, given once; then the wait for the host to come back as itself with another boot id. */
export async function* reboot(host: HostState, step: StepState, work: Work): AsyncGenerator<Event> {
  const at = { host: host.host, step: step.plan.id };
  const definition = definitionOf(step, work).fix;
  if (definition?.reboot === undefined) throw new Error(`${at.step} reboots nothing`);
  const before = host.identity?.bootId ?? null;
  if (before === null) throw new Error(`${at.host} has no boot id, and is not to be rebooted`);

  const wanted = wantedKernel(host, step, work);
  const kernel = await kernelNow(host, step, work);
  const objection = ("unknown" in wanted && wanted.unknown) || ("unknown" in kernel && kernel.unknown);
  if (typeof objection === "string") {
    if (!work.leaving.aborted) yield { type: "deferred", ...at, reason: objection };
    return;
  }
  const last = definition.guard === undefined ? lockAlone : guard;
  const events = await last(host, step, definition, { findings: step.target }, work);
  if (work.leaving.aborted) return;
  yield* events;
  if (events.some(({ type }) => type !== "lock-taken")) return;
  const running = "kernel" in kernel ? kernel.kernel : "";
  const job = work.job(at.host, step, step.fixes.length + 1);
  yield {
    type: "fix-started",
    ...at,
    key: null,
    ...(job === null ? {} : { job: job.name }),
    kernel: running,
  };
  const startedAt = work.clock.now();
  const ended = await order(host, step, job?.name ?? null, work);
  if (ended.kind === "refused") {
    yield {
      type: "fix-refused",
      ...at,
      key: null,
      reason: shortfall({ ...ended, fault: work.maskFault(ended.fault) }, "the reboot"),
    };
    return;
  }
  const said = ended.kind === "exited" && ended.code > 0 && ended.code < 128 ? complaint(ended, work) : "";
  const patience = said === "" ? definition.timeout * 1000 : Math.min(definition.timeout * 1000, ORDER.refused);
  const until = startedAt + patience;
  const wait = { before, startedAt, until, said, lost: ended.kind === "lost", watched: true };
  yield* told(host, step, wait, running, work);
}

/** Asks whether a host that another process told to reboot has done so. It is not told again. */
export async function* findRebooted(host: HostState, step: StepState, work: Work): AsyncGenerator<Event> {
  const last: FixState | undefined = step.fixes.findLast((fix) => fix.adrift);
  const definition = definitionOf(step, work).fix;
  if (last?.bootId == null || definition === undefined)
    throw new Error(`${step.plan.id} on ${host.host} awaits no boot`);
  const until = last.startedAt + definition.timeout * 1000;
  const wait = { before: last.bootId, startedAt: last.startedAt, until, said: "", lost: false, watched: false };
  yield* told(host, step, wait, last.kernel ?? "", work);
}

async function* told(
  host: HostState,
  step: StepState,
  wait: Awaited,
  kernelBefore: string,
  work: Work,
): AsyncGenerator<Event> {
  const at = { host: host.host, step: step.plan.id };
  const end = yield* awaitBoot(host, step, wait, () => kernelNow(host, step, work), work);
  const ms = Math.max(0, work.clock.now() - wait.startedAt);
  if (end.kind === "left") {
    yield { type: "fix-lost", ...at, key: null, reason: "it was told to reboot, and nobody waited until it was back" };
    return;
  }
  if (end.kind !== "booted") {
    yield { type: "reboot-failed", ...at, how: end.kind, reason: end.reason, ms };
    return;
  }
  const { bootId, kernel } = end;
  // It went with the memory that it lay in, and what follows is done under it.
  if (!work.leaving.aborted) await lock(host, step, work, "go-on");
  const wanted = wantedKernel(host, step, work);
  if ("kernel" in wanted && (wanted.kernel === null || wanted.kernel === kernel)) {
    yield { type: "rebooted", ...at, bootId, kernelBefore, kernel, ms };
    return;
  }
  const want = "kernel" in wanted ? `${wanted.kernel} is wanted` : wanted.unknown;
  const reason = `it came back with another kernel: ${kernelWords({ kernelBefore, kernel })}, and ${want}; see what its boot loader starts`;
  yield { type: "reboot-failed", ...at, how: "kernel", reason, ms };
}

/** The order goes on without us, as a job where there are jobs: what ends with the connection must not end it. It has none of the runbook's values. */
async function order(
  host: HostState,
  step: StepState,
  name: string | null,
  work: Work,
): Promise<Ended | { readonly kind: "missing" }> {
  const { shell, become } = work.script(host, step, NOTHING);
  const script = { text: dialectOf(shell).reboot, shell, become, timeout: ORDER.timeout, late: "leave" } as const;
  const to = [work.hostOf(host.host), host.identity?.machineId ?? null] as const;
  const listen: Listener = (stream, text) => work.output(host.host, step.plan.id, stream, text);
  if (name === null) return work.fleet.run(...to, script, work.leaving, listen);
  const told: JobEnded = await work.fleet.job(
    ...to,
    { ...script, name, secret: false },
    { signal: work.leaving, listen },
  );
  if (told.ended.kind === "locked") throw new Error("the order to reboot asks for no lock: it is given under one");
  return told.ended;
}

function complaint({ code, stderr }: Extract<Ended, { kind: "exited" }>, work: Work): string {
  const line = firstLine(maskOutput(stderr, work.secrets));
  return `nobody took the order (exit ${code})${line === "" ? "" : `: ${line}`}`;
}

/** Which kernel or version of Windows the host says that it runs, or why it does not. */
async function kernelNow(
  host: HostState,
  step: StepState,
  work: Work,
): Promise<{ readonly kernel: string } | { readonly unknown: string }> {
  const { kernel: question } = dialectOf(work.script(host, step, NOTHING).shell);
  const ended = await send(host, step, question, work);
  if (ended.kind !== "exited") return { unknown: shortfall(ended, question) };
  const kernel = firstLine(ended.stdout);
  return ended.code === 0 && kernel !== ""
    ? { kernel }
    : { unknown: `${question} tells no kernel (exit ${ended.code})` };
}

/** The kernel that the runbook wants; null: whichever comes. What is to name it and does not must not pass for that. */
function wantedKernel(
  host: HostState,
  step: StepState,
  work: Work,
): { readonly kernel: string | null } | { readonly unknown: string } {
  const { fix } = definitionOf(step, work);
  const name = fix === undefined ? null : kernelOf(fix);
  if (name === null) return { kernel: null };
  const value = host.facts?.[name] ?? work.input(host.host, name);
  const text = value instanceof Secret ? "" : (value ?? "").trim();
  return text === "" ? { unknown: `$${name} is empty, and is to name the kernel` } : { kernel: text };
}
