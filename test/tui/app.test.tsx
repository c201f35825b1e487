import headless from "@xterm/headless";
import { cleanup, render } from "ink-testing-library";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Decision } from "../../src/model/approval.ts";
import { App } from "../../src/tui/app.tsx";
import { createStage } from "../../src/tui/stage.ts";
import { DAWN, diskFinding, diskRunbook, Story } from "../kit/story.ts";
import { teller } from "../kit/teller.ts";

/** A card is not answered before a person can have seen it, in ms. */
const LOOKED = 600;

afterEach(() => {
  cleanup();
});

/** What is on the screen of a terminal that shows all that was written to Ink's own test terminal (100 columns, 24 lines). */
function screenOf(app: ReturnType<typeof render>): () => Promise<string> {
  const terminal = new headless.Terminal({ cols: 100, rows: 24, allowProposedApi: true });
  let told = 0;
  return async () => {
    const news = app.frames.slice(told).join("");
    told = app.frames.length;
    await new Promise<void>((resolve) => terminal.write(news, resolve));
    const { active } = terminal.buffer;
    return Array.from({ length: terminal.rows }, (_, row) => active.getLine(row)?.translateToString(true)).join("\n");
  };
}

/** The app on Ink's own test terminal, fed with a story. */
function mount(story: Story) {
  const decisions: Decision[] = [];
  const calls: string[] = [];
  const began = Date.now();
  const stage = createStage({
    loaded: story.loaded,
    by: "ada",
    stop: (by) => calls.push(`stop by ${by}`),
    leave: () => calls.push("leave"),
    now: () => DAWN + Date.now() - began,
  });
  stage.listen((wish) => {
    if (wish.kind === "decide") decisions.push(wish.decision);
    return null;
  }, new AbortController().signal);
  const tell = teller(stage);
  tell(...story.entries);
  stage.refresh();
  const app = render(<App stage={stage} colour={false} />);
  const screen = screenOf(app);
  const sees = (text: string): Promise<void> =>
    vi.waitFor(async () => expect(await screen()).toContain(text), { timeout: 5000 });
  return { app, stage, tell, decisions, calls, sees };
}

describe("the app", () => {
  test("draws the frame and hands keys to the stage", async () => {
    const story = new Story(diskRunbook("high"), ["web1", "web2"]);
    story.asks("web1", [diskFinding(1)]);
    const { app, decisions, sees } = mount(story);
    await sees("web1: A process holds a deleted log");
    await new Promise((resolve) => setTimeout(resolve, LOOKED));
    app.stdin.write("y");
    await sees("High risk on web1: type yes and Enter");
    app.stdin.write("yes\r");
    await vi.waitFor(() => expect(decisions.map(({ verdict }) => verdict)).toEqual(["approve"]));
    await sees("yes to web1");
  });

  test("knows arrows, Escape and Ctrl-C, and takes no paste for an answer", async () => {
    const story = new Story(diskRunbook(), ["web1"]);
    story.asks("web1", [diskFinding(1)]);
    const { app, decisions, calls, sees } = mount(story);
    await sees("lines 1 to");
    app.stdin.write("\u001B[B");
    await sees("lines 2 to");
    app.stdin.write("\u001B[200~y\u001B[201~");
    app.stdin.write("?");
    await sees("a table of all cards of this step");
    app.stdin.write("\u001B");
    await sees("y yes");
    app.stdin.write("\t");
    await sees("web1: [card] script output history");
    app.stdin.write("\u001B[D");
    await sees("[history]");
    expect(decisions).toEqual([]);
    app.stdin.write("\u0003");
    await sees("Ctrl-C again leaves now");
    app.stdin.write("\u0003");
    await vi.waitFor(() => expect(calls).toEqual(["stop by Ctrl-C", "leave"]));
  });

  test("takes keys that come at once one by one where they only look around, and no answer among them", async () => {
    const story = new Story(diskRunbook(), ["web1"]);
    story.asks("web1", [diskFinding(1)]);
    const { app, decisions, sees } = mount(story);
    await sees("lines 1 to");
    await new Promise((resolve) => setTimeout(resolve, LOOKED));
    app.stdin.write("jjj");
    await sees("lines 4 to");
    app.stdin.write("y\t3");
    await sees("[output]");
    app.stdin.write("\ty");
    await sees("y yes");
    app.stdin.write("?");
    await sees("a table of all cards of this step");
    expect(decisions).toEqual([]);
  });

  test("follows the run without a key", async () => {
    const story = new Story(diskRunbook(), ["web1"]);
    const { stage, tell, decisions, sees } = mount(story);
    await sees("1 to come");
    tell(...story.asks("web1", [diskFinding(1)]));
    stage.refresh();
    await sees("1 waiting for you");
    expect(decisions).toEqual([]);
  });
});
