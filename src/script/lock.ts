import type { LockHolder } from "../model/lock.ts";

/** What a run says as it takes the lock of a host. */
export type Claim = {
  readonly run: string;
  /** Counts the run's hosts from 1, since two names may be one machine: each has an entry of its own, and none keeps the other out. */
  readonly place: number;
  /** `ada@bastion`. */
  readonly by: string;
  /** Seconds since the epoch, by our clock; for people. */
  readonly since: number;
  /** Seconds for which it must hold from now on. */
  readonly need: number;
  /** Seconds back to the look that this is for: where another has given the lock back since, what was seen may be mended by now. Null: nothing was seen. */
  readonly within: number | null;
};

/**
 * What a host says to a claim. `held`: it is ours; `over` was stale. `past`: it is ours, but another had it since the look. `locked`: another has it (`owner`: the user of the host whose entry it
 * is), which is in time (`live`), too late while a job of it lives (`job`), too late as far as this user may tell (`foreign`), or no entry
 * of ours (`odd`). `barred`: no entry can be made there.
 */
export type LockAnswer =
  | { readonly kind: "held"; readonly over: LockHolder | null }
  | { readonly kind: "past"; readonly holder: LockHolder }
  | { readonly kind: "locked"; readonly holder: LockHolder; readonly owner: string; readonly why: LockWhy }
  | { readonly kind: "barred"; readonly path: string };
type LockWhy = (typeof WHYS)[number];

const WHYS = ["live", "job", "foreign", "odd"] as const;

/** Where all users of a host find the same entries: what root has made for it, else memory that everybody may write to, where each removes only their own. */
const PLACES = "/run/runbook /dev/shm /tmp";

/** Seconds for which an entry holds beyond what is needed, so that a step of many fixes makes few of them. */
export const SPARE = 120;

/** Seconds for which it is known who had the lock. */
export const MEMORY = 86_400;

/** What a guarded script exits with where it was not begun. */
export const NOT_BEGUN = 75;

/**
 * Defines `lock`, which prints a line: `held [NAME]`, `past NAME`, `locked OWNER WHY NAME` or `barred PATH`. A name tells run, place, holder, since,
 * boot and until when (seconds of uptime; of one that was given back, when that was, in tenths).
 *
 * Who wants the lock makes an entry, then looks: where another's counts, it takes its own away. So of two at the same moment never both have it:
 * the later one sees the earlier one's. An entry is removed by its own run alone, or once it is stale; a longer time is a further entry, so that there
 * is no moment without one. Nobody enters a directory of somebody else's, and a name is never given twice. Who gives it back leaves word of that: what
 * another saw before may be mended, and must not be mended twice.
 */
export function lockFunctions({ run, place, by, since, need, within }: Claim): string {
  return `others() {
  l=; ${UPTIME}
  for f in "$k,"*; do
    [ -e "$f" ] || [ -h "$f" ] || continue
    n=\${f#"$k,"}; e=\${n##*,}; w=\${n%,*}; w=\${w##*,}; y=odd
    case $n in ${word(run)},*) continue ;; *,*,*,*,*,*) case $e in "" | *[!0-9]*) ;; *) y=live ;; esac ;; esac
    if [ "$y" = live ]; then
      [ "$w" = "$b" ] || { h=$n; continue; }
      if ! [ "$e" -gt "$u" ]; then
        if [ "$(id -u)" = 0 ] || [ -O "$f" ]; then y=job; else y=foreign; fi
        [ "$y" = foreign ] || grep -qs "runbook-jo[b]-\${n%%,*}\\." /proc/[0-9]*/cmdline /proc/[0-9]*/environ || { h=$n; [ -z "$s" ] || [ "$e" -lt "$((u - s / 10))" ] || p=$n; rmdir "$f"; continue; }
      fi
    fi
    l="$(ls -ld "$f" | { read -r z z o z; echo "\${o:--}"; }) $y $n"
    return
  done
}
mine() {
  for f in "$k,$c,"*; do
    [ -O "$f" ] || continue
    w=\${f%,*}; [ "\${w##*,}" = "$b" ] && [ "\${f##*,}" -ge "$((u + ${need}))" ] && return
  done
  return 1
}
past() {
  for f in "$k-past,"*; do
    n=\${f#"$k-past,"}; e=\${n##*,}; w=\${n%,*}; w=\${w##*,}
    case $n in ${word(run)},* | *,*,*,*,*,*,*) continue ;; *,*,*,*,*,*) case $e in "" | *[!0-9]*) continue ;; esac ;; *) continue ;; esac
    if [ "$w" != "$b" ] || [ "$((e / 10 + ${MEMORY}))" -lt "$u" ]; then rmdir "$f"; continue; fi
    [ "$e" -le "$((t - \${s:-0}))" ] || p=$n
  done
}
lock() {
  set +eu
  for k in ${PLACES}; do [ ! -d "$k" ] || break; done
  k=$k/runbook-lock c=${word(run)},${place} h= i=0 b= p= s=${within === null ? "" : Math.round(within * 10)}
  { read -r b </proc/sys/kernel/random/boot_id; }
  b=\${b%%-*}; b=\${b:--}
  while :; do
    others
    if [ -z "$l" ]; then
      ! mine || break
      g="$k,$c,${word(by)},${since},$b,$((u + ${need + SPARE}))"
      mkdir -m 700 "$g" || { [ -d "$g" ] && [ -O "$g" ]; } || { echo "barred $k"; return; }
      others
      [ -n "$l" ] || break
      rmdir "$g"
    else mine || break; fi
    i=$((i + 1)); [ "$i" -lt 5 ] || break
    sleep "0.\${x:-9}" || sleep 1
  done
  [ -n "$l" ] || [ -z "$s" ] || past
  if [ -n "$l" ]; then l="locked $l"; elif [ -n "$p" ]; then l="past $p"; else l="held $h"; fi
  [ "$l" = "held " ] || l=$(printf %s "$l" | tr -cd 'A-Za-z0-9 ,.@_/-')
  echo "$l"
}`;
}

/** A script that is begun only under the lock; else it prints \`\nMARK locked …\n\` and ends. What it was given over is said in the same way. */
export function underLock(claim: Claim, text: string, mark: string): string {
  return `( ${lockFunctions(claim)}
  L=$(lock 2>/dev/null) || :
  [ "$L" = "held " ] || printf '\\n%s %s\\n' ${mark} "$L"
  case $L in "held "*) ;; *) exit ${NOT_BEGUN} ;; esac
) || exit ${NOT_BEGUN}
${text}`;
}

/** The script that `underLock` was given; a text that it did not make, as it is. */
export function insideLock(text: string): string {
  const end = `\n) || exit ${NOT_BEGUN}\n`;
  const at = text.startsWith("( ") ? text.indexOf(end) : -1;
  return at < 0 ? text : text.slice(at + end.length);
}

/**
 * A script that gives the lock of a host back, as whoever took it, and leaves word of that for a day. Of what this user left before, the last word of
 * another run stays: an earlier one tells nobody more.
 */
export function dropLock({ run, place }: Pick<Claim, "run" | "place">): string {
  return `${UPTIME}
for k in ${PLACES}; do
  n=; o=
  for f in "$k/runbook-lock,${word(run)},${place},"*; do
    [ -O "$f" ] || continue
    n=\${f#"$k/runbook-lock,"}; n=\${n%,*}; mkdir -m 700 "$k/runbook-lock-past,$n,$t" 2>/dev/null || :; rmdir "$f"
  done
  [ -n "$n" ] || continue
  for f in "$k/runbook-lock-past,"*; do
    [ -O "$f" ] || continue
    w=\${f%,*}; x=$f
    case $w in
      "$k/runbook-lock-past,${word(run)},"*) [ "\${f##*,}" != "$t" ] || continue ;;
      *",\${n##*,}") if [ -z "$o" ] || [ "\${o##*,}" -le "\${f##*,}" ]; then x=$o; o=$f; fi ;;
    esac
    [ -z "$x" ] || rmdir "$x" 2>/dev/null || :
  done
done`;
}

/** Reads the words of a host's answer; null for what is none. */
export function lockAnswer([kind, first = "", why, name = ""]: readonly string[]): LockAnswer | null {
  switch (kind ?? "") {
    case "held":
      return { kind: "held", over: first === "" ? null : holderOf(first) };
    case "past":
      return { kind: "past", holder: holderOf(first) };
    case "locked":
      return { kind: "locked", holder: holderOf(name), owner: first, why: WHYS.find((each) => each === why) ?? "odd" };
    case "barred":
      return { kind: "barred", path: first };
  }
  return null;
}

/** By its name alone. */
function holderOf(name: string): LockHolder {
  const [run = "", , by = "", since = ""] = name.split(",");
  return { run, by, since: /^\d{1,11}$/.test(since) ? Number(since) * 1000 : 0 };
}

/** `$u`: seconds that the host has been up, `$x`: what is beyond them, `$t`: both in tenths. Where there is no /proc it is the clock. */
const UPTIME = `u=; { read -r u z </proc/uptime; } 2>/dev/null || :; x=\${u#*.}; x=\${x%% *}; u=\${u%%.*}
  [ -n "$u" ] || u=$(date +%s); t=\${x%?}; t=$((u * 10 + \${t:-0}))`;

/** Letters that a name may be made of; it must not hold a comma. */
export function word(text: string): string {
  return text.replaceAll(/[^\w.@-]/g, "_").slice(0, 60);
}
