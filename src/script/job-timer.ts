import { OURS, PLACES, THERE } from "./job-follow.ts";
import { supervisorAfter } from "./job-supervisor.ts";
import { quote } from "./quote.ts";

/** What undoes a fix on its host, unless it is disarmed: a job of its own, which waits beside that of the fix. */
export type Timer = {
  /** Names its directory on the host, as that of a job does. */
  readonly name: string;
  /** What undoes the fix. */
  readonly script: string;
  /** Seconds after which the host ends every process of the script. */
  readonly deadline: number;
  /** Seconds that it waits to be disarmed, from the end of the fix. */
  readonly after: number;
};

/** Seconds that a timer waits for its fix to begin, and for one that was let go to say that it runs. */
const BEGINNING = 30;
const STARTING = 10;

/**
 * Whether the fix goes on, and who has the word, is told by the name of one file, its token, which only ever moves on: `armed`, `live` (the
 * fix was let go), then `disarmed` or `fired`; or from `armed` to `lapsed`, and no fix is let go any more. Renaming is atomic: of two who try, one does.
 *
 * `$of` is the directory of the fix, `let` when it was let go, `since` when it was over, `late` the seconds after which it counts as over though it runs. The clock is the time since the boot, since a
 * fix may set the other one. It is whole seconds: hence `-gt`, which is never too early.
 */
const WAIT = `uptime() { read -r up rest </proc/uptime && up=\${up%%.*}; }
${THERE}
past() {
  [ $((up - let)) -lt "$late" ] || return 0
  word=; read -r word what x rest <"$of/status"
  case $word in
    running) ! there "$what" "$x" ;;
    "" | starting) [ $((up - let)) -gt ${STARTING} ] ;;
  esac
}
leave() { say "$1 - 0 - 0 -"; exit; }
say "armed $$ $birth"
uptime && [ -e "$dir/armed" ] || exit
echo armed >&3
exec 3>/dev/null
began=$up let= since=
while :; do
  uptime
  if [ -e "$dir/armed" ]; then
    [ $((up - began)) -lt ${BEGINNING} ] || ! mv -f "$dir/armed" "$dir/lapsed" || leave lapsed
  elif [ -e "$dir/live" ]; then
    [ -n "$let" ] || let=$up
    [ -n "$since" ] || ! past || since=$up
    [ -z "$since" ] || [ ! $((up - since)) -gt "$after" ] || break
  else
    leave disarmed
  fi
  sleep 1
done
mv -f "$dir/live" "$dir/fired" || leave disarmed
word=; read -r word rest <"$of/status"
[ "$word" = ended ] || { timer=$name name=$fix; reap; name=$timer; }`;

/** How a timer's own process begins: \`$1\` its directory, \`$2\` as for every supervisor, \`$3\` the directory of the fix of that name. */
export function timerText(timer: Timer, fix: string, late: number, settings: string): string {
  const own = `of=$3 fix=${quote(fix)} late=${Math.ceil(late)} after=${Math.ceil(timer.after)}`;
  return `${settings}\n${own}\n${supervisorAfter(WAIT)}`;
}

/** What became of a timer, as \`disarmTimer\` prints it. `gone`: there is no trace of it. */
export type TimerWord = "disarmed" | "fired" | "lapsed" | "armed" | "live" | "gone";

/**
 * A script that disarms a timer whose fix was let go, unless it has fired, and that says what has become of it. To do so again says the same again.
 * Nothing but a login made since the fix may run it.
 */
export function disarmTimer(name: string): string {
  return `name=${quote(name)}; for place in ${PLACES}; do
  dir=$place/$name
  ${OURS} || continue
  mv -f "$dir/live" "$dir/disarmed" 2>/dev/null || :
  for word in ${WORDS.join(" ")}; do [ ! -e "$dir/$word" ] || { echo "$word"; exit 0; }; done
done
echo gone`;
}

/** In the order in which a token moves on, so that one that moves while it is looked for is not missed. */
const WORDS = ["armed", "live", "lapsed", "disarmed", "fired"] as const;

/** Reads what `disarmTimer` printed; null for what it never prints. */
export function timerWord(printed: string): TimerWord | null {
  return [...WORDS, "gone" as const].find((word) => `${word}\n` === printed) ?? null;
}
