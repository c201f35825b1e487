import { OURS, PLACES, STATUS } from "./job-follow.ts";

/** What a host tells of one job that is kept there. */
export type Kept = {
  readonly name: string;
  readonly run: string;
  /** `ended` tells the exit code, too. `armed`: it undoes a fix unless it is disarmed. */
  readonly state: (typeof STATES)[number];
  readonly code: number | null;
};

const STATES = [
  "starting",
  "running",
  "ended",
  "killed",
  "timed-out",
  "died",
  "rebooted",
  "armed",
  "disarmed",
] as const;

/** As `status`, and of a timer what its token says. */
const WORD = `status || :
    case $word in armed | lapsed | died) [ ! -e "$dir/disarmed" ] && [ ! -e "$dir/lapsed" ] || word=disarmed ;; esac`;

/** A read-only script that prints a line for each job of the user that runs it: name, word and code of its status. */
export const LIST_JOBS = `${STATUS}
for place in ${PLACES}; do
  for dir in "$place"/runbook-job-*; do
    ${OURS} || continue
    ${WORD}
    echo "\${dir##*/} $word $what"
  done
done`;

/** Reads what \`LIST_JOBS\` printed. Lines that do not fit are left out: names are made by us. */
export function keptJobs(printed: string): Kept[] {
  return printed.split("\n").flatMap((line): Kept[] => {
    const [name = "", word = "", code = ""] = line.split(" ");
    const run = /^runbook-job-([\w-]+)\.\d+\.[\w.-]+$/.exec(name)?.[1];
    const state = STATES.find((each) => each === word);
    if (run === undefined || state === undefined) return [];
    return [{ name, run, state, code: state === "ended" && /^\d+$/.test(code) ? Number(code) : null }];
  });
}

/** A script that removes what is left of jobs that do not run any more; `pattern` is a name in which `*` stands for anything. */
export function dropJobs(pattern: string): string {
  if (!/^[\w.*-]+$/.test(pattern)) throw new RangeError(`${pattern} is no name of a job`);
  return `${STATUS}
for place in ${PLACES}; do
  for dir in "$place"/${pattern}; do
    ${OURS} || continue
    ${WORD}
    case $word in ended | killed | timed-out | died | rebooted | disarmed) rm -rf "$dir" ;; esac
  done
done`;
}
