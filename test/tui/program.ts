import { openTui } from "../../src/tui/tui.ts";
import type { Decision } from "../../src/model/approval.ts";
import { DAWN, diskFinding, diskRunbook, Story } from "../kit/story.ts";
import { teller } from "../kit/teller.ts";

/*
 * A program that shows a run of synthetic events and plays the engine's part:
 * what is approved gets fixed, what is denied ends. It prints what was decided once the screen is given back.
 */
const risk = process.argv[2] === "high" ? "high" : "medium";
const hosts = Number(process.argv[3] ?? 3);
const names = Array.from({ length: hosts }, (_, index) => `web${index + 1}`);
const story = new Story(diskRunbook(risk), names);
const decisions: Decision[] = [];
const calls: string[] = [];
const began = Date.now();
const over = new AbortController();

/** With the word `broken`, a runbook that cannot be drawn: stands for a bug in drawing. */
const sound = story.loaded;
const loaded =
  process.argv[4] === "broken"
    ? Object.defineProperty({ ...sound }, "functions", {
        get: () => {
          throw new Error("a bug in drawing");
        },
      })
    : sound;

console.log("a line from before");
try {
  await using screen = await openTui({
    loaded,
    stdin: process.stdin,
    stdout: process.stdout,
    by: "ada",
    stop: (by) => {
      calls.push(`stop by ${by}`);
      tell(...story.tell({ type: "stop-requested", by }));
      if (loaded !== sound) over.abort();
    },
    leave: () => {
      calls.push("leave");
      over.abort();
    },
    now: () => DAWN + Date.now() - began,
  });
  const tell = teller(screen);
  screen.listen((wish) => {
    if (wish.kind !== "decide") return "only decisions are for this story";
    const { decision } = wish;
    decisions.push(decision);
    const at = { host: decision.host, step: decision.step };
    const entries =
      decision.verdict === "approve"
        ? story.tell(
            { type: "approved", ...at, digest: decision.digest, by: decision.by },
            { type: "step-ended", ...at, outcome: "fixed", reason: "" },
          )
        : story.tell(
            { type: "denied", ...at, digest: decision.digest, by: decision.by, reason: decision.reason ?? "" },
            { type: "step-ended", ...at, outcome: "found", reason: "denied" },
          );
    tell(...entries);
    if (decisions.length === hosts) over.abort();
    return null;
  }, over.signal);
  tell(...story.entries);
  for (const name of names) tell(...story.asks(name, [diskFinding(100)]));
  await new Promise((resolve) => over.signal.addEventListener("abort", resolve, { once: true }));
} catch (error) {
  if (loaded === sound) throw error;
  console.log(`thrown: ${String(error)}`);
}
for (const { host, verdict, by, reason } of decisions) {
  console.log(`${host} ${verdict} by ${by}${reason === undefined ? "" : `: ${reason}`}`);
}
for (const call of calls) console.log(call);
console.log(`raw mode ${String(process.stdin.isRaw)}`);
