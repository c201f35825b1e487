import { aftermath, awaited, endWords, type Aftermath } from "../schedule/aftermath.ts";
import type { BookedFire, Look } from "../schedule/book.ts";
import { aboutFire, type Bridge } from "./bridge.ts";

/** Looks after the fires that have a process, or wait for a person: writes down what became of them. */
export async function tend(bridge: Bridge, open: readonly BookedFire[], now: number): Promise<void> {
  const { parts, crew } = bridge;
  const concerned = open.filter((fire) => isToBeSeen(fire, bridge));
  const looks = await parts.book.look(concerned.flatMap(({ run }) => run ?? []));
  const seen = concerned.flatMap((fire) => {
    const after = afterFire(fire, looks.get(fire.run ?? ""), bridge, now);
    return after === null ? [] : [{ fire, after }];
  });
  if (seen.length > 0) await parts.book.write({ moves: seen.map(({ after }) => after.move) });
  for (const { fire, after } of seen) tell(bridge, fire, after, now);
  for (const { run } of concerned) {
    // Whoever else has its run is followed from now on.
    if (run !== null && crew.end(run) !== undefined) crew.dismiss(run);
  }
}

function isToBeSeen({ stage, run }: BookedFire, { crew, stopping }: Bridge): boolean {
  if (run === null) return false;
  if (stage === "going") return !crew.has(run) || crew.end(run) !== undefined;
  return stage === "waiting" && !stopping;
}

function afterFire(fire: BookedFire, look: Look | undefined, bridge: Bridge, now: number): Aftermath {
  if (fire.stage === "waiting") return awaited(fire, look, now);
  const { crew, stopping, leaving } = bridge;
  return aftermath(fire, { end: fire.run === null ? undefined : crew.end(fire.run), look, now, stopping, leaving });
}

function tell(bridge: Bridge, fire: BookedFire, after: NonNullable<Aftermath>, now: number): void {
  const { parts, status, crew } = bridge;
  const { move, problem } = after;
  const end = fire.run === null ? undefined : crew.end(fire.run);
  const about = { ...aboutFire(fire), ...(end !== undefined && { process: endWords(end) }) };
  if (problem !== null) {
    const retry = move.retryAt == null ? null : new Date(move.retryAt).toISOString();
    parts.say({ level: "error", event: "trouble", ...about, problem, retry });
  }
  if (move.stage === "waiting") parts.say({ level: "info", event: "waiting", ...about, exit: move.exit ?? null });
  if (move.stage === "due" && problem === null) parts.say({ level: "info", event: "goes-on", ...about });
  if (move.stage !== "over") return;
  const { exit = null, note = null } = move;
  parts.say({ level: "info", event: "over", ...about, exit, note });
  if (exit === 0) status.lastSuccess.set(fire.schedule, now);
  if (move.tries !== undefined) status.givenUp += 1;
}
