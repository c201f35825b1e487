import type { RunPlan } from "../../src/model/plan.ts";
import { resolveShare } from "../../src/model/measure.ts";
import type { Books, Promise } from "./promises.ts";

/** Of the nodes of a cluster one does it. The simulated fact has one value for all hosts. */
export function checkOnce({ host, step }: { host: string; step: string }, books: Books, promise: Promise): void {
  const { plan } = books;
  const fact = plan.steps.find((one) => one.id === step)?.fix?.oncePer;
  if (fact === null || fact === undefined || !plan.facts.includes(fact)) return;
  const others = books.fixed.filter((one) => one.step === step && one.host !== host);
  promise(others.length === 0, "one host does a fix for all that have the same value of its fact");
}

/** Another node of its cluster is at a fix that the host needs too. */
export function waitsForPeer(host: string, { plan, pages }: Books): boolean {
  return plan.steps.some(({ id, fix }) => {
    if (fix === null || fix.oncePer === null || !plan.facts.includes(fix.oncePer)) return false;
    const others = plan.hosts.filter((other) => other !== host).map((other) => pages.get(`${other} ${id}`));
    return others.some(
      (own) => own?.end === null && (own.asked || own.approved !== null || own.started.size > 0 || own.done),
    );
  });
}

/** How many are fixed at once, and whether so many may need it at all. `first`: this fix is the first of its card. */
export function checkSpread(host: string, first: boolean, books: Books, promise: Promise): void {
  const { plan } = books;
  for (const [group, most] of Object.entries(plan.rollout.groups)) {
    const members = plan.groups[group] ?? [];
    const others = members.filter((member) => member !== host && isUnderWay(books, member));
    promise(!members.includes(host) || !first || others.length < most, "no more of a group at once than may be");
  }
  const { maxAffected } = plan.rollout;
  if (maxAffected === null || books.fixed.length > 0) return;
  promise(
    books.sick.size <= resolveShare(maxAffected, plan.hosts.length),
    "no first fix while more hosts need one than max_affected",
  );
}

/** A fix of it has begun, and its step has not ended. */
function isUnderWay(books: Books, host: string): boolean {
  return books.plan.steps.some((step) => {
    const own = books.pages.get(`${host} ${step.id}`);
    return own !== undefined && own.started.size > 0 && own.end === null;
  });
}

/** The places of a batch where that does not depend on how many hosts need a fix. */
export function roomOf(plan: RunPlan, batch: number): number {
  const { batches } = plan.rollout;
  const share = batches[Math.min(batch, batches.length) - 1] ?? "100%";
  return typeof share === "number" ? share : resolveShare(share, plan.hosts.length);
}

/** On another name of the same machine a fix is under way, or how one ended is not known. */
export function hasBusyTwin(host: string, { machines, plan, pages }: Books): boolean {
  const machine = machines.get(host);
  const twins = [...machines].flatMap(([other, its]) => (other !== host && its === machine ? [other] : []));
  const own = twins.flatMap((twin) => plan.steps.flatMap(({ id }) => pages.get(`${twin} ${id}`) ?? []));
  return own.some(({ lost, end, started }) => lost || end === "in-doubt" || (started.size > 0 && end === null));
}
