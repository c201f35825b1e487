import { committed, hintsOf, hostVerdict, stepVerdict, waiting } from "../engine/outcome.ts";
import type { HostState, RunState } from "../engine/state.ts";
import { frozenWords } from "../engine/words.ts";
import type { Outcome } from "../model/finding.ts";
import { keepName } from "../script/posix.ts";
import { quote } from "../script/quote.ts";
import { foldHosts } from "../view/hosts.ts";

/** More hosts than this are not typed after `-l`. */
const TYPEABLE = 8;

const ENDED_BADLY: ReadonlySet<Outcome> = new Set(["failed", "in-doubt", "rolled-back"]);

/** What a person does next, and the commands, or the part of one, that do it, in their order. */
export type Advice = { readonly text: string; readonly commands: readonly string[] };

/** What to do next, most urgent first; nothing when all is well. */
export function adviceOf(state: RunState): Advice[] {
  const hosts = Map.groupBy(state.hosts.values(), (host) => hostVerdict(host).outcome);
  const of = (...outcomes: Outcome[]) => outcomes.flatMap((outcome) => hosts.get(outcome) ?? []);
  return [
    ...afterFailure(state, of("failed", "rolled-back")),
    ...kept(state),
    ...inDoubt(state, withStep(state, "in-doubt")),
    ...toApprove(state),
    ...askedElsewhere(state),
    ...toThaw(state),
    ...toFix(state),
    ...notReached(of("unknown")),
  ];
}

function afterFailure(state: RunState, hosts: readonly HostState[]): Advice[] {
  if (hosts.length === 0) return [];
  return [{ text: "failed: see what was done and said", commands: [`runbook history show ${state.run} --events`] }];
}

/** Where to look for what the fixes that did not end well saved. */
function kept(state: RunState): Advice[] {
  const [first, ...others] = [...state.hosts.values()].filter((host) =>
    host.steps.some(
      (step) =>
        step.plan.fix?.keeps === true && step.fixes.length > 0 && ENDED_BADLY.has(stepVerdict(host, step).outcome),
    ),
  );
  if (first === undefined) return [];
  const place = keepName(state.run, others.length > 0 ? "*" : state.plan.hosts.indexOf(first.host) + 1, "*");
  const lasts = state.plan.steps.some((step) => step.fix?.kind === "reboot");
  const where = lasts
    ? `/var/lib/${place} there (or in /var/tmp)`
    : `/run/${place} there (or in /dev/shm, /var/tmp, /tmp)`;
  return [{ text: `kept by the fixes: ${where}, if anything`, commands: [] }];
}

/** Also hosts on which another step ended worse. */
function withStep(state: RunState, outcome: Outcome): HostState[] {
  return [...state.hosts.values()].filter((host) =>
    host.steps.some((step) => stepVerdict(host, step).outcome === outcome),
  );
}

/** What was left open is asked of its host again by whoever resumes the run; the rest is for a person to look at. */
function inDoubt(state: RunState, hosts: readonly HostState[]): Advice[] {
  if (hosts.length === 0) return [];
  const names = foldHosts(hosts.map((host) => host.host));
  const doubtful = hosts.flatMap((host) => host.steps.filter((step) => stepVerdict(host, step).outcome === "in-doubt"));
  if (doubtful.every((step) => step.end?.open === true)) {
    return [
      {
        text: `in doubt: what became of it on ${names} is asked again, and nothing is begun twice, by`,
        commands: [`runbook resume ${state.run}`],
      },
    ];
  }
  return [sameAgain(state, `in doubt: look at ${names} first, a fix may still be at work there; then`, limitTo(hosts))];
}

/** A run that still goes on takes a decision at once; one that has ended is gone on with. */
function toApprove(state: RunState): Advice[] {
  const steps = [...state.hosts.values()].flatMap((host) => host.steps.filter(waiting));
  if (steps.length === 0) return [];
  const manual = steps.every((step) => step.plan.fix?.kind === "manual");
  const decide = manual ? "to say that it was done by hand" : "to decide";
  const { run, ended } = state;
  const look = [`runbook approvals ${run}`, `runbook approve ${run}`];
  return ended === null
    ? [{ text: `waiting: to see the cards, and ${decide}`, commands: look }]
    : [{ text: `waiting: to see the cards, ${decide}, and to go on`, commands: [...look, `runbook resume ${run}`] }];
}

/** What would have been fixed but for a freeze. */
function toThaw(state: RunState): Advice[] {
  const held = [...state.hosts.values()].some((host) =>
    host.steps.some((step) => committed(step) || (step.end?.open === true && step.end.outcome === "found")),
  );
  if (state.frozen === null || !held) return [];
  const goOn = state.ended === null ? [] : [`runbook resume ${state.run}`];
  return [{ text: `${frozenWords(state.frozen)}; once that is over`, commands: ["runbook unfreeze", ...goOn] }];
}

/** What another run has asked is decided there and, where it is decided, gone on with there; this one then finds it fixed, or asks itself. */
function askedElsewhere(state: RunState): Advice[] {
  const runs = [...state.hosts.values()].flatMap((host) =>
    host.steps.flatMap(({ elsewhere, end }) =>
      elsewhere !== null && (end === null || end.outcome === "waiting") ? [elsewhere.inRun] : [],
    ),
  );
  return [...new Set(runs)].slice(0, HINTS).map((run) => ({
    text: `waiting for run ${run}, which has asked for the same: to decide there, and go on with both`,
    commands: [`runbook approve ${run}`, `runbook resume ${run}`, `runbook resume ${state.run}`],
  }));
}

function toFix(state: RunState): Advice[] {
  if (!state.plan.dryRun) return [];
  const hosts = [...state.hosts.values()].filter((host) =>
    host.steps.some((step) => step.plan.fix?.selected === true && stepVerdict(host, step).outcome === "found"),
  );
  if (hosts.length === 0) return [];
  const { check, schedule, runbook } = state.plan;
  if (check !== undefined) {
    return [
      { text: "found: to fix it", commands: [["runbook run", runbook.name, "-i …", ...limitTo(hosts)].join(" ")] },
    ];
  }
  const text = schedule === undefined ? "found: to fix it, leave out -n:" : "found: to fix it when that may be";
  return [sameAgain(state, text, limitTo(hosts))];
}

/** Hints for hosts that were not reached, or are too sick to be looked at; more than these would push the hosts themselves off the screen. */
const HINTS = 3;

/** The hints that most of the hosts share, each with its hosts where there are several. */
function notReached(hosts: readonly HostState[]): Advice[] {
  const hinted = hosts.flatMap((host) => hintsOf(host).map((hint) => ({ host, hint })));
  const hints = [...Map.groupBy(hinted, ({ hint }) => hint)];
  const most = hints.toSorted(([, a], [, b]) => b.length - a.length).slice(0, HINTS);
  return most.map(([hint, sharing]) => {
    const who =
      hints.length === 1
        ? ""
        : ` (${foldHosts(
            sharing.map(({ host }) => host.host),
            3,
          )})`;
    const reached = sharing.some(({ host }) => host.unreachable === null);
    return { text: `${reached ? "unknown" : "not reached"}${who}: ${hint}`, commands: [] };
  });
}

/** Only the user knows the whole command (inputs, users, keys): what is added to it is all that can be told. A schedule has all of it. */
function sameAgain({ plan: { schedule } }: RunState, text: string, options: readonly string[]): Advice {
  if (schedule !== undefined) return { text, commands: [`runbook schedule run-now ${schedule.name}`] };
  return options.length === 0
    ? { text: `${text} the same command again`, commands: [] }
    : { text: `${text} the same command with`, commands: [options.join(" ")] };
}

function limitTo(hosts: readonly HostState[]): string[] {
  if (hosts.length > TYPEABLE) return [];
  const names = hosts.map((host) => host.host).join(",");
  return [`-l ${/^[\w.,:/@%+=-]+$/.test(names) ? names : quote(names)}`];
}
