import { Text, useApp, useInput, useIsScreenReaderEnabled, usePaste, useStdout, useWindowSize, type Key } from "ink";
import { useEffect, useLayoutEffect, useRef, useState, useSyncExternalStore, type ReactNode } from "react";
import { frameOf } from "./frame.ts";
import type { Press } from "./keys.ts";
import { createPainter } from "./painter.ts";
import type { Stage } from "./stage.ts";
import { takingTurns } from "./terminal.ts";

/** How often the clock on the screen moves on, in ms. */
const TICK = 1000;

/** The whole screen: draws the stage's shot in the terminal's size, and hands it the keys with the frame they were meant for. */
export function App({ stage, colour }: { readonly stage: Stage; readonly colour: boolean }): ReactNode {
  const { columns, rows } = useWindowSize();
  const shot = useSyncExternalStore(stage.subscribe, stage.shot);
  const frame = frameOf(shot, { columns, rows, colour });
  const drawn = useRef(frame);
  const aloud = useIsScreenReaderEnabled();
  const { stdout } = useStdout();
  const [painter] = useState(() => createPainter(stdout));
  useLayoutEffect(() => {
    drawn.current = frame;
    if (!aloud) painter.paint(frame.lines, { columns, rows });
  });
  useEffect(() => {
    const clock = setInterval(stage.refresh, TICK);
    return () => clearInterval(clock);
  }, [stage]);
  const { suspendTerminal } = useApp();
  useEffect(() => {
    const turns = takingTurns(suspendTerminal, painter);
    return () => turns[Symbol.dispose]();
  }, [suspendTerminal, painter]);
  useInput((input, key) => {
    for (const one of pressesOf(input, key)) stage.press(one, drawn.current);
  });
  usePaste((text) => stage.press({ kind: "paste", text }, drawn.current));
  return aloud ? <Text>{frame.lines.join("\n")}</Text> : null;
}

/** Ink's keys as ours. Text typed fast may come with its Enter in one piece. */
export function pressesOf(input: string, key: Key): readonly Press[] {
  if (key.eventType === "release") return [];
  if (key.ctrl) return input === "c" ? [{ kind: "interrupt" }] : [];
  const special = specialOf(key);
  if (special !== null) return [special];
  if (key.meta || input === "") return [];
  const text = input.replace(/[\r\n]+$/, "");
  return text === input ? textPresses(text) : [...textPresses(text), { kind: "enter" }];
}

/** On a slow line several keys come at once: those that only look around count one by one, and beside a Tab no letter is an answer. */
function textPresses(text: string): readonly Press[] {
  if (text === "") return [];
  if (/^[jkb ]+$/.test(text)) return each(text);
  if (!text.includes("\t")) return [{ kind: "text", text }];
  const parts = text.split(/(\t)/).filter((part) => part !== "");
  return parts.flatMap((part): readonly Press[] => {
    if (part === "\t") return [{ kind: "tab" }];
    return /^[jkb 1-4o?]+$/.test(part) ? each(part) : [{ kind: "paste", text: part }];
  });
}

function each(keys: string): Press[] {
  return keys.split("").map((key) => ({ kind: "text", text: key }));
}

function specialOf(key: Key): Press | null {
  if (key.return) return { kind: "enter" };
  if (key.escape) return { kind: "escape" };
  if (key.backspace || key.delete) return { kind: "backspace" };
  if (key.tab) return { kind: "tab" };
  if (key.leftArrow) return { kind: "left" };
  if (key.rightArrow) return { kind: "right" };
  if (key.upArrow) return { kind: "up" };
  if (key.downArrow) return { kind: "down" };
  if (key.pageUp) return { kind: "page-up" };
  if (key.pageDown) return { kind: "page-down" };
  if (key.home) return { kind: "home" };
  if (key.end) return { kind: "end" };
  return null;
}
