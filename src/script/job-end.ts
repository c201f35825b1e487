import { OURS, PLACES, STATUS } from "./job-follow.ts";
import { REAP } from "./job-supervisor.ts";
import { JOB_VARIABLE } from "./job.ts";
import { quote } from "./quote.ts";

/** What a host answers when it is to end a job. `over`: the job has ended by itself. `none`: it has not begun, as far as can be seen. `unseen`: the host does not show which processes are its own. */
export type EndWord = (typeof WORDS)[number];

const WORDS = ["gone", "left", "over", "none", "unseen"] as const;

/** Seconds that ending a job may take: it is asked, then forced three times, and looked for in between. */
export const END_TAKES = 60;

/** A script that ends every process of a job which runs, and tells whether one is left. Run as the user that the job runs as. */
export function endJob(name: string): string {
  return `set +e +u; name=${quote(name)} variable=${JOB_VARIABLE} found=none
${STATUS}
${REAP}
[ -r /proc/self/environ ] || { echo unseen; exit 0; }
for place in ${PLACES}; do
  dir=$place/$name
  ${OURS} || continue
  status
  case $word in
    starting) continue ;;
    running) mv "$dir/going" "$dir/killed" 2>/dev/null || { found=over; continue; } ;;
    *) found=over; continue ;;
  esac
  own=; look "$what" && own=$session
  if reap 2>/dev/null; then found=gone; else found=left; fi
done
echo "$found"`;
}

/** Reads what `endJob` printed; null for what it never prints. */
export function endWord(printed: string): EndWord | null {
  return WORDS.find((word) => `${word}\n` === printed) ?? null;
}
