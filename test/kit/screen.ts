import { frameOf, type Frame, type Shot } from "../../src/tui/frame.ts";
import { createMemory, type FilledMemory } from "../../src/tui/memory.ts";
import { FRESH_UI, type Ui } from "../../src/tui/ui.ts";
import { teller } from "./teller.ts";
import type { Story } from "./story.ts";

/** How a story is looked at; what is left out is as on a fresh screen of 80 columns and 24 lines without colour. */
export type Looking = {
  readonly columns?: number;
  readonly rows?: number;
  readonly colour?: boolean;
  readonly ui?: Partial<Ui>;
  /** What hosts have printed since. */
  readonly print?: (memory: FilledMemory) => void;
};

/** What the screen is made of a second after the story's last event. */
export function shotOf(story: Story, looking: Looking = {}): Shot {
  const memory = createMemory();
  teller(memory)(...story.entries);
  looking.print?.(memory);
  const { state } = story;
  return { state, ui: { ...FRESH_UI, ...looking.ui }, memory, loaded: story.loaded, by: "ada", now: state.at + 1000 };
}

/** The frame a second after the story's last event. */
export function frameFor(story: Story, looking: Looking = {}): Frame {
  const { columns = 80, rows = 24, colour = false } = looking;
  return frameOf(shotOf(story, looking), { columns, rows, colour });
}

/** A frame's lines as one text, without the spaces at their ends. */
export function textOf(frame: Frame): string {
  return frame.lines.map((line) => line.trimEnd()).join("\n");
}

/** `web1`, `web2` and so on. */
export function fleet(hosts: number): readonly string[] {
  return Array.from({ length: hosts }, (_, index) => `web${index + 1}`);
}
