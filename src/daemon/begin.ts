import { begins, nextToBegin } from "../schedule/begin.ts";
import type { BookedFire, Look, Move, Pause } from "../schedule/book.ts";
import type { Act } from "../schedule/decide.ts";
import { countFire } from "../schedule/status.ts";
import { aboutFire, type Bridge } from "./bridge.ts";
import type { Errand } from "./ports.ts";

/** What is to be done about a fire whose turn has come. */
type Plan = { readonly fire: BookedFire; readonly move: Move; readonly errand: Errand | null };

/** Starts the processes of the fires whose turn it is. That they are started is written down before. */
export async function beginFires(bridge: Bridge, open: readonly BookedFire[], now: number): Promise<void> {
  const { parts, attended } = bridge;
  const chosen = nextToBegin(open, parts.most, now);
  const plans = chosen.length === 0 ? [] : await plansFor(bridge, chosen, now);
  if (plans.length > 0) await parts.book.write({ moves: plans.map(({ move }) => move) });
  // Who was told to end meanwhile starts nothing: what is written down is begun at the next start.
  for (const plan of plans) if (!bridge.stopping || plan.errand === null) carryOut(bridge, plan);
  const left = open.filter((fire) => fire.stage === "due" && !chosen.includes(fire));
  attended.clear();
  for (const { id } of left) attended.set(id, now);
}

async function plansFor(bridge: Bridge, chosen: readonly BookedFire[], now: number): Promise<Plan[]> {
  const { book } = bridge.parts;
  const looks = await book.look(chosen.flatMap(({ run }) => run ?? []));
  const pauses = await book.pauses();
  const plans: Plan[] = [];
  for (const fire of chosen) {
    if (fire.run === null) continue;
    const look = looks.get(fire.run);
    const pause = pauses.find(({ schedule }) => schedule === fire.schedule);
    plans.push(
      look === undefined
        ? planToBegin(bridge, { ...fire, run: fire.run }, pause, now)
        : await planToGoOn(bridge, { ...fire, run: fire.run }, look, now),
    );
  }
  return plans;
}

type WithRun = BookedFire & { readonly run: string };

/** Nothing of it is on record: it begins, as far as its time allows by now. */
function planToBegin(bridge: Bridge, fire: WithRun, pause: Pause | undefined, now: number): Plan {
  const { id, schedule, nominal, run } = fire;
  const since = bridge.attended.get(id) ?? fire.at;
  const named = (bridge.schedules ?? []).find(({ name }) => name === schedule);
  const { act, why } = begins(named, fire, { now, since, pause });
  if (act === "skip") return { fire, move: { id, act, why, stage: "over", ended: now }, errand: null };
  const deadline = named?.deadline ?? null;
  const until = deadline === null ? null : now + deadline * 1000;
  const move = { id, act, why, stage: "going", begun: now, seq: null, until } as const;
  return { fire, move, errand: { kind: "fire", schedule, nominal, act, why, run, begun: now } };
}

/** It is on record: somebody alive has it, or it goes on, or nothing is left of it. */
async function planToGoOn({ parts }: Bridge, fire: WithRun, look: Look, now: number): Promise<Plan> {
  const { id, run } = fire;
  const going = { id, stage: "going", begun: now, seq: look.seq } as const;
  if (look.alive) return { fire, move: going, errand: null };
  const refusal = await parts.refusal(run);
  if (refusal === null) return { fire, move: going, errand: { kind: "resume", run } };
  return { fire, move: { id, stage: "over", ended: now, exit: look.exit, note: refusal }, errand: null };
}

function carryOut({ parts, crew, status }: Bridge, { fire, move, errand }: Plan): void {
  const about = aboutFire(fire);
  if (errand === null) {
    tellWithout(parts.say, fire, move);
    if (move.act === "skip") countFire(status, fire, move.act);
    if (move.stage === "over" && move.exit === 0) status.lastSuccess.set(fire.schedule, move.ended ?? 0);
    return;
  }
  const { pid } = crew.start(errand, (line) => parts.say({ level: "info", event: "output", ...about, line }));
  if (errand.kind === "fire" && fire.begun === null) countFire(status, fire, errand.act);
  const act: Act | "resume" = errand.kind === "fire" ? errand.act : "resume";
  parts.say({ level: "info", event: "started", ...about, act, why: move.why ?? [], pid });
}

function tellWithout(say: Bridge["parts"]["say"], fire: BookedFire, { stage, why, note, exit }: Move): void {
  const about = aboutFire(fire);
  if (stage !== "over") say({ level: "info", event: "followed", ...about });
  else if (why !== undefined) say({ level: "info", event: "skipped", ...about, act: "skip", why });
  else say({ level: "info", event: "over", ...about, exit: exit ?? null, note: note ?? null });
}
