import { openTui } from "../../src/tui/tui.ts";
import type { Event } from "../../src/model/event.ts";
import type { Wish } from "../../src/run/ports.ts";
import { eventOf } from "../../src/run/wishes.ts";
import { DAWN, diskFinding, diskRunbook, Story } from "../kit/story.ts";
import { teller } from "../kit/teller.ts";

/*
 * A program that shows a run of synthetic events and plays the loop's part: wishes are judged as in a run, and what is approved gets
 * fixed, what is denied, waived or skipped ends. It prints what was wished once the screen is given back.
 * Arguments: the risk, how many hosts, and whether their findings are `alike` or `different`; `broken` stands for a bug in drawing,
 * and `noisy` for somebody else's word on stderr.
 */
const [risk, amount = "3", kind = "alike"] = process.argv.slice(2);
const hosts = Number(amount);
const names = Array.from({ length: hosts }, (_, index) => `web${index + 1}`);
const story = new Story(diskRunbook(risk === "high" ? "high" : "medium"), names);
story.state.plan.rollout.batches.splice(0, 9, 4, "100%");
const wishes: Wish[] = [];
const calls: string[] = [];
const began = Date.now();
const over = new AbortController();
const now = (): number => DAWN + Date.now() - began;

const sound = story.loaded;
const loaded =
  kind === "broken"
    ? Object.defineProperty({ ...sound }, "functions", {
        get: () => {
          throw new Error("a bug in drawing");
        },
      })
    : sound;

/** What follows in a run: the last word on the step. */
function endOf(event: Event): readonly Event[] {
  const step = story.firstStep;
  if (event.type === "approved") return [{ type: "step-ended", host: event.host, step, outcome: "fixed", reason: "" }];
  if (event.type === "denied")
    return [{ type: "step-ended", host: event.host, step, outcome: "found", reason: "denied" }];
  if (event.type === "waived" || event.type === "host-skipped") {
    return [{ type: "step-ended", host: event.host, step, outcome: "skipped", reason: event.reason }];
  }
  return [];
}

function wordsOf(wish: Wish): string {
  switch (wish.kind) {
    case "decide": {
      const { host, verdict, by, machine, reason } = wish.decision;
      return `${host} ${verdict} by ${by} at ${machine}${reason === undefined ? "" : `: ${reason}`}`;
    }
    case "waive": {
      const until = new Date(wish.until).toISOString().slice(0, 10);
      return `${wish.host} waive ${wish.keys.length} until ${until}: ${wish.reason}`;
    }
    case "skip":
      return `${wish.host} skip: ${wish.reason}`;
    case "pause":
    case "continue":
    case "freeze":
    case "unfreeze":
    case "detach":
      return wish.kind;
  }
}

console.log("a line from before");
try {
  await using screen = await openTui({
    loaded,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    by: "ada",
    machine: "desk",
    stop: (by) => {
      calls.push(`stop by ${by}`);
      tell(...story.tell({ type: "stop-requested", by }));
      if (loaded !== sound) over.abort();
    },
    leave: () => {
      calls.push("leave");
      over.abort();
    },
    now,
  });
  const tell = teller(screen);
  screen.listen((wish) => {
    wishes.push(wish);
    if (wish.kind === "detach") {
      over.abort();
      return null;
    }
    const ruled = eventOf(story.state, wish, now());
    if ("refused" in ruled) return ruled.refused;
    tell(...story.tell(ruled.event, ...endOf(ruled.event)));
    if ([...story.state.hosts.values()].every(({ steps }) => steps.every(({ end }) => end !== null))) over.abort();
    return null;
  }, over.signal);
  tell(...story.entries);
  if (kind === "noisy") process.stderr.write("a warning from elsewhere\n");
  names.forEach((name, at) => tell(...story.asks(name, [diskFinding(kind === "different" ? at : 100)])));
  await new Promise((resolve) => over.signal.addEventListener("abort", resolve, { once: true }));
} catch (error) {
  if (loaded === sound) throw error;
  console.log(`thrown: ${String(error)}`);
}
for (const wish of wishes) console.log(wordsOf(wish));
for (const call of calls) console.log(call);
console.log(`raw mode ${String(process.stdin.isRaw)}`);
