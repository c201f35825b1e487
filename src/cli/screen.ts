import type { RunState } from "../engine/state.ts";
import type { LoadedRunbook } from "../model/runbook.ts";
import { jsonReport } from "../report/json.ts";
import { plainReport } from "../report/plain.ts";
import { summaryLines } from "../report/summary.ts";
import type { Approver, Watcher } from "../run/ports.ts";
import type { Io } from "./io.ts";

/** How a run is shown, decided by the terminal and the options. */
export type Screen = {
  /** Whether somebody can be asked. */
  readonly attended: boolean;
  open(control: Control): Promise<OpenScreen>;
};

type OpenScreen = AsyncDisposable & {
  readonly watchers: readonly Watcher[];
  readonly approver: Approver | null;
  /** Leaves behind what must stay on the terminal. */
  conclude(state: RunState): Promise<void>;
};

type Control = { stop(reason: string): void; leave(): void };
type Wishes = { readonly tui: boolean; readonly json?: boolean | undefined; readonly dryRun?: boolean | undefined };

const WIDEST_LOG = 200;

/** The terminal UI where somebody can answer; else plain lines, on stderr when JSON owns stdout. */
export async function screenFor(loaded: LoadedRunbook, wishes: Wishes, by: string, io: Io): Promise<Screen> {
  const { stdin, stdout } = process;
  const interactive = stdin.isTTY && stdout.isTTY && wishes.tui && wishes.json !== true && wishes.dryRun !== true;
  return interactive ? tuiScreen(loaded, by, io) : lineScreen(loaded, wishes.json === true, io);
}

function lineScreen(loaded: LoadedRunbook, json: boolean, io: Io): Screen {
  const stream = json ? process.stderr : process.stdout;
  const write = (text: string): void => (json ? io.err(text) : io.out(text));
  const plain = plainReport({
    out: (line) => write(`${line}\n`),
    colour: stream.isTTY && stream.hasColors(),
    width: stream.isTTY ? Math.min(stream.columns, WIDEST_LOG) : Number.POSITIVE_INFINITY,
    loaded,
  });
  const watchers = json ? [jsonReport({ out: (line) => io.out(`${line}\n`) }), plain] : [plain];
  return {
    attended: false,
    open: async () => ({
      watchers,
      approver: null,
      // The plain log has printed its summary as the run ended.
      conclude: async () => undefined,
      [Symbol.asyncDispose]: async () => undefined,
    }),
  };
}

function tuiScreen(loaded: LoadedRunbook, by: string, io: Io): Screen {
  return {
    attended: true,
    open: async (control) => {
      const { openTui } = await import("../tui/tui.ts");
      const { stdin, stdout } = process;
      const tui = await openTui({ ...control, loaded, by, stdin, stdout, now: () => Date.now() });
      const close = (): Promise<void> => Promise.resolve(tui[Symbol.asyncDispose]());
      return {
        watchers: [tui],
        approver: tui,
        conclude: async (state) => {
          await close();
          const room = { width: stdout.columns, colour: stdout.hasColors() };
          for (const line of summaryLines(state, room)) io.out(`${line}\n`);
        },
        [Symbol.asyncDispose]: close,
      };
    },
  };
}
