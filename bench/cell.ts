import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Plan } from "./arguments.ts";
import { measure, type Cost } from "./measure.ts";
import { rightResults, type Rival } from "./rival.ts";
import type { Row } from "./table.ts";
import type { Target } from "./target.ts";
import type { Script } from "./work.ts";

type Round = { readonly cost: Cost; readonly right: number };

/** Lets all rivals do the work on one target, one after the other, round after round, each round beginning with another one. */
export async function measureCell(
  plan: Plan,
  rivals: readonly Rival[],
  target: Target,
  work: readonly Script[],
  dir: string,
  say: (line: string) => void,
): Promise<readonly Row[]> {
  const all = target.hosts.length * work.length;
  const rounds = new Map<Rival, Round[]>(rivals.map((rival) => [rival, []]));
  for (let round = 0; round < Math.max(...rivals.map((rival) => plan.rounds(rival.name))); round += 1) {
    const turn = [...rivals.slice(round % rivals.length), ...rivals.slice(0, round % rivals.length)];
    for (const rival of turn.filter((rival) => round < plan.rounds(rival.name))) {
      const done = await once(rival, target, work, dir, false);
      rounds.get(rival)?.push(done);
      const { wall, cpu } = done.cost;
      say(
        `  round ${round + 1}: ${rival.name} ${wall.toFixed(2)} s wall, ${cpu.toFixed(2)} s CPU, ${done.right} of ${all}`,
      );
    }
  }
  const rows: Row[] = [];
  for (const [rival, done] of rounds) {
    const tree = plan.memory ? (await once(rival, target, work, dir, true)).cost.tree : null;
    const right = Math.min(...done.map((each) => each.right));
    rows.push({ rival: rival.name, costs: done.map((each) => each.cost), tree, right, all });
  }
  return rows;
}

async function once(
  rival: Rival,
  target: Target,
  work: readonly Script[],
  parent: string,
  memory: boolean,
): Promise<Round> {
  // Short, since Ansible puts the paths of its sockets below it.
  const dir = await mkdtemp(join(parent, "r-"));
  const command = await rival.prepare(target, work, dir);
  // What the one before has left to do on the servers' side must not be charged to this one.
  await sleep(300);
  const cost = await measure(command, dir, memory);
  if (cost.exit !== rival.exit)
    throw new Error(`${rival.name} ended with ${cost.exit}, not ${rival.exit}; see ${dir}/stdout and stderr`);
  const right = rightResults(await rival.results(dir, work), target, work);
  await rm(dir, { recursive: true });
  return { cost, right };
}
