import { writeFileSync } from "node:fs";
import { render } from "ink";
import { createElement } from "react";
import { makePlan } from "../../src/engine/plan.ts";
import { App } from "../../src/tui/app.tsx";
import { createStage, type Stage } from "../../src/tui/stage.ts";
import { BEAT, INK } from "../../src/tui/tui.ts";
import { beginFleet, LOADED } from "./fleet.ts";

/*
 * Shows a run of synthetic events as `openTui` would, times every frame, and writes the times into a file once it is left with Ctrl-C.
 * Arguments: the file, how many hosts, lines that they print a second, events a second.
 */
const [file = "", hosts = "1000", lines = "10000", events = "50"] = process.argv.slice(2);

/** One frame: from the first look at the state to the last byte given to the terminal, in ms; and the CPU time of the process meanwhile. */
export type FrameTime = { readonly view: string; readonly wall: number; readonly cpu: number };

const frames: FrameTime[] = [];
let began: { view: string; at: number; cpu: NodeJS.CpuUsage } | null = null;

/** What Ink puts off to a later turn of the loop is no frame of this one. */
function begin(view: string): void {
  began = { view, at: performance.now(), cpu: process.cpuUsage() };
  setImmediate(() => (began = null));
}

const made = makePlan(LOADED, [], {
  inventory: "bench",
  inputs: new Map(),
  dryRun: false,
  approve: "none",
  attended: true,
  parallel: 50,
  by: "ada",
  only: [],
});
if ("faults" in made) throw new Error("the plan of the benchmark is wrong");

const played = createStage({
  loaded: LOADED,
  by: "ada",
  stop: () => undefined,
  leave: () => {
    writeFileSync(file, JSON.stringify(frames));
    ink.unmount();
    process.exit(0);
  },
  now: () => Date.now(),
});
const stage: Stage = {
  ...played,
  press(key, frame) {
    begin("a key");
    played.press(key, frame);
  },
};
const fleet = beginFleet(Number(hosts), made.plan, stage.entry);
const ink = render(createElement(App, { stage, colour: true }), {
  ...INK,
  stdin: process.stdin,
  stdout: process.stdout,
});
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = (text: string | Uint8Array): boolean => {
  const written = write(text);
  if (began === null || began.at < WARM) return written;
  const { user, system } = process.cpuUsage(began.cpu);
  frames.push({ view: began.view, wall: performance.now() - began.at, cpu: (user + system) / 1000 });
  began = null;
  return written;
};

function viewOf(): string {
  const { focus, table, tab } = stage.shot().ui;
  if (focus !== "hosts") return table ? "approvals, as a table" : "approvals, a group";
  return `hosts, ${tab}`;
}

/** The first frames are drawn by code that has never run: they are not counted. */
const WARM = performance.now() + 3000;
setInterval(() => {
  begin(viewOf());
  stage.refresh();
}, BEAT);

const TICK = 10;
let printed = 0;
setInterval(() => {
  for (let line = 0; line < (Number(lines) * TICK) / 1000; line += 1) {
    printed += 1;
    const host = fleet.hosts[(printed * 7) % fleet.hosts.length] ?? "";
    stage.output(host, "release-log", `line ${printed} of something that a script prints while it works\n`);
  }
}, TICK);
setInterval(() => fleet.next(), 1000 / Number(events));
