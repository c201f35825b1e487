import { hintsOf } from "../engine/outcome.ts";
import type { HostState, RunState } from "../engine/state.ts";
import { moment } from "../engine/words.ts";
import { cardLines } from "../view/card-lines.ts";
import { cardOf } from "../view/card.ts";
import { fixOf, linesOf, type CardFix } from "../view/card-fix.ts";
import { clean } from "../view/clean.ts";
import { paletteOf, type Palette } from "../view/colour.ts";
import { barred, labelled, type Prose } from "../view/margin.ts";
import { saidOf } from "../view/sentence.ts";
import { wrapWords } from "../view/width.ts";
import { activityOf, stepAt } from "./activity.ts";
import type { Memory } from "./memory.ts";
import { drawnLately, type CardDrawing, type Pane } from "./pane.ts";
import { TABS, type Tab } from "./ui.ts";

/** What the pane shows of one host. */
export function hostPane(host: HostState, tab: Tab, memory: Memory, draw: CardDrawing): Pane {
  const heading = `${clean(host.host)}: ${TABS.map((one) => (one === tab ? `[${one}]` : one)).join(" ")}`;
  return { heading, lines: tabLines(host, tab, memory, draw), follows: tab === "output" || tab === "history" };
}

function tabLines(host: HostState, tab: Tab, memory: Memory, draw: CardDrawing): readonly string[] {
  switch (tab) {
    case "card":
      return drawnLately(host, [tab], draw, () => evidenceOf(host, draw));
    case "script":
      return drawnLately(draw.loaded, [tab], draw, () => scriptsOf(draw));
    case "output":
      return outputOf(host, memory, draw);
    case "history":
      return historyOf(host, memory, draw);
  }
}

/** The card of the step that the host is at; without findings, what is known instead. */
function evidenceOf(host: HostState, { state, loaded, now, width, colour }: CardDrawing): readonly string[] {
  const step = stepAt(host);
  if (step !== null) {
    const card = cardOf({ state, host: host.host, step: step.plan.id, loaded, now });
    return cardLines(card, { width, colour, now, all: true });
  }
  const doing = activityOf(state, host, now);
  return [
    ...wrapWords(clean(`${host.host}: ${doing === "" ? "nothing was found" : doing}`), width),
    ...hintsOf(host).flatMap((hint) => wrapWords(clean(hint), width)),
    ...askedOf(state, host, width),
  ];
}

/** Groups and facts, which a card would show. */
function askedOf({ plan }: RunState, host: HostState, width: number): readonly string[] {
  const draw: Prose = { palette: (_, text) => text, width };
  const groups = Object.entries(plan.groups).flatMap(([group, hosts]) => (hosts.includes(host.host) ? [group] : []));
  const facts = Object.entries(host.facts ?? {}).map(([name, value]) => `${name}=${value}`);
  return [...labelled("groups", groups.join(", "), draw), ...labelled("facts", facts.join(", "), draw)];
}

/** Every step's scripts, in order: the same on every host. */
function scriptsOf({ loaded, width, colour, state }: CardDrawing): readonly string[] {
  const draw = { palette: paletteOf(colour), width };
  return state.plan.steps.flatMap((plan, at) => {
    const step = loaded.runbook.steps.find(({ id }) => id === plan.id);
    if (step === undefined) return [];
    const head = wrapWords(clean(`${at + 1}. ${plan.id}: ${plan.title}`), width).map((line) =>
      draw.palette("bold", line),
    );
    const fix = fixOf(loaded, step, plan);
    return [
      ...(at === 0 ? [] : [""]),
      ...head,
      ...script("detect", "read-only", linesOf(step.detect.run), draw),
      ...(fix === null ? labelled("fix", "none: this step only reports", draw) : fixLines(fix, draw)),
    ];
  });
}

function fixLines(fix: CardFix, draw: Prose): string[] {
  return [
    ...script("guard", "right before each fix; it may defer it", fix.guard, draw),
    ...script(fix.kind === "manual" ? "to do" : "fix", fix.how, fix.lines, draw),
    ...script("verify", fix.verify?.how ?? "none", fix.verify?.lines ?? [], draw),
    ...script("rollback", fix.rollback?.how ?? "", fix.rollback?.lines ?? null, draw),
  ];
}

function script(label: string, words: string, lines: readonly string[] | null, draw: Prose): string[] {
  return lines === null ? [] : [...labelled(label, words, draw), ...barred(lines, draw)];
}

/** The end of what the host's scripts printed, each step's under its name. */
function outputOf(host: HostState, memory: Memory, { width, colour }: CardDrawing): readonly string[] {
  const draw = { palette: paletteOf(colour), width };
  const parts = memory.output(host.host);
  if (parts.length === 0) return ["nothing was printed yet"];
  return parts.flatMap(({ step, text, cut }) => [
    draw.palette("bold", clean(step ?? "the whole host")),
    ...barred(linesOf(text.replaceAll("\r\n", "\n")), draw),
    ...(cut ? labelled("…", "it prints more, which is not shown live", draw, { indent: 4 }) : []),
  ]);
}

/** What happened to the host, by the clock. */
function historyOf(host: HostState, memory: Memory, { width, colour }: CardDrawing): readonly string[] {
  const told = memory.history(host.host);
  if (told.length === 0) return ["nothing has happened here yet"];
  const palette: Palette = paletteOf(colour);
  return told.flatMap(({ at, event, step }) => {
    const time = moment(at).slice(11, 19);
    const where = "step" in event && event.step !== null ? `${event.step}: ` : "";
    return wrapWords(clean(where + saidOf(event, step)), width - time.length - 2).map(
      (line, index) => `${palette("dim", index === 0 ? time : " ".repeat(time.length))}  ${line}`,
    );
  });
}
