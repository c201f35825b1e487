import { PLACES } from "./job-follow.ts";

/** What a host tells of one job that is kept there. */
export type Kept = {
  readonly name: string;
  readonly run: string;
  /** `ended` tells the exit code, too. `armed`: it undoes a fix unless it is disarmed. */
  readonly state: "running" | "ended" | "timed-out" | "died" | "armed" | "disarmed";
  readonly code: number | null;
};

/** A read-only script that prints a line for each job of the user that runs it: name, word and code of its status. */
export const LIST_JOBS = `for p in ${PLACES}; do
  for d in "$p"/runbook-job-*; do
    [ -d "$d" ] && [ ! -h "$d" ] && [ -O "$d" ] || continue
    w=died x=-; [ ! -f "$d/status" ] || read -r w x y <"$d/status" || :
    case $w in
      armed)
        if [ -e "$d/disarmed" ] || [ -e "$d/lapsed" ]; then w=disarmed
        else kill -0 "$x" 2>/dev/null || w=died; fi ;;
      running) kill -0 "$x" 2>/dev/null || w=died ;;
      lapsed) w=disarmed ;;
      starting) w=running ;;
    esac
    echo "\${d##*/} $w $x"
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

const STATES = ["running", "ended", "timed-out", "died", "armed", "disarmed"] as const;
