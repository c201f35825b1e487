import { failed } from "../engine/rollout.ts";
import { armed } from "../engine/outcome.ts";
import type { HostState, StepState } from "../engine/state.ts";
import { dropJobs } from "../script/job-list.ts";
import { jobName } from "../script/job.ts";
import { dialectOf, NOTHING } from "../script/dialect.ts";
import { keepName } from "../script/posix.ts";
import type { Recorder } from "./recorder.ts";
import { fleetFor, type Work } from "./work.ts";

/**
 * Logs out of a host that is done, or that waits as the run ends. What its fixes kept there is dropped unless a resumed run or a person will
 * want to look at it, and its jobs once what became of them is on record.
 */
export async function farewell(name: string, recorder: Recorder, work: Work): Promise<void> {
  const host = recorder.state.hosts.get(name);
  // Nobody logs in again only to clean up after a host that waits: whoever goes on with the run does.
  const worth = host !== undefined && !host.gone && (isOver(host) || work.fleet.has(name));
  if (worth && !work.leaving.aborted) await tidy(host, recorder.state.plan.hosts.indexOf(name) + 1, work);
  await work.fleet.leave(name);
}

/** Each user that the host's steps became has left something of their own, here or on the host; and a process that died perhaps the host's lock. */
async function tidy(host: HostState, place: number, work: Work): Promise<void> {
  const kept = isOver(host) && fixedWell(host);
  const known = !host.steps.some(doubtful);
  const tidied = new Set<string>();
  // What runs on the controller locks its host all the same.
  const users = host.steps.filter(begun).flatMap((step) => [step, ...(step.plan.on === "controller" ? [null] : [])]);
  for (const step of users) {
    const script = work.script(host, step, NOTHING);
    const { fleet, machineId } = fleetFor(host, step, work);
    const which = `${fleet === work.controller} ${script.become}`;
    const { dropKeep, dropLock } = dialectOf(script.shell);
    const texts = [
      ...(kept ? [dropKeep(keepName(work.run, place, script.become))] : []),
      ...(known && script.shell !== "powershell" ? [dropJobs(jobName(work.run, place, "*"))] : []),
      ...(known && fleet === work.fleet ? [dropLock(work.locks.claim(host.host))] : []),
    ];
    if (texts.length === 0 || tidied.has(which)) continue;
    tidied.add(which);
    await fleet.run(
      work.hostOf(host.host),
      machineId,
      { ...script, text: texts.join("\n") },
      work.leaving,
      () => undefined,
    );
  }
}

function isOver(host: HostState): boolean {
  return host.steps.every((step) => step.end !== null);
}

/** How a fix or a rollback of it ended may still be asked of the host. */
function doubtful(step: StepState): boolean {
  return (
    armed(step) ||
    step.fixes.some((fix) => fix.timer?.end === "lost") ||
    unended(step.rollback?.end) ||
    step.fixes.some((fix) => unended(fix.end))
  );
}

function unended(end: string | undefined): boolean {
  return end === "running" || end === "lost";
}

/** Something of it was to write on the host. */
function begun(step: StepState): boolean {
  return step.rounds > 0 || step.fixes.length > 0;
}

function fixedWell(host: HostState): boolean {
  return host.batch !== null && host.steps.some((step) => step.rounds > 0) && !failed(host);
}
