import type { RunState } from "../engine/state.ts";
import type { RunPlan } from "../model/event.ts";
import type { LoadedRunbook } from "../model/runbook.ts";
import { jsonReport } from "../report/json.ts";
import { plainReport } from "../report/plain.ts";
import { summaryLines } from "../report/summary.ts";
import type { Approver, Watcher } from "../run/ports.ts";
import { clean } from "../view/clean.ts";
import { counted } from "../view/words.ts";
import type { Io } from "./io.ts";
import type { Questions } from "./prompt.ts";

/** How a run is shown, decided by the terminal and the options. */
export type Screen = {
  /** Whether somebody can be asked. */
  readonly attended: boolean;
  open(control: Control, questions: Questions): OpenScreen;
};

type OpenScreen = AsyncDisposable & {
  readonly watchers: readonly Watcher[];
  readonly approver: Approver | null;
  /** Leaves behind what must stay on the terminal. */
  conclude(state: RunState): Promise<void>;
};

type Tui = Watcher & Approver & AsyncDisposable;
type Control = { stop(reason: string): void; leave(): void };
type Wishes = { readonly tui: boolean; readonly json?: boolean | undefined; readonly dryRun?: boolean | undefined };

const WIDEST_LOG = 200;

/** The terminal UI where somebody can answer; else plain lines, on stderr when JSON owns stdout. */
export async function screenFor(loaded: LoadedRunbook, wishes: Wishes, by: string, io: Io): Promise<Screen> {
  const { stdin, stdout, env } = process;
  const able = stdin.isTTY && stdout.isTTY && env["TERM"] !== "dumb" && (env["CI"] ?? "") === "";
  const interactive = able && wishes.tui && wishes.json !== true && wishes.dryRun !== true;
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
    open: () => ({
      watchers,
      approver: null,
      // The plain log has printed its summary as the run ended.
      conclude: async () => undefined,
      [Symbol.asyncDispose]: async () => undefined,
    }),
  };
}

/** What is said while the first hosts are logged in to. */
function openingOf({ runbook, hosts, inventory }: RunPlan): string {
  return clean(`${runbook.name}: ${runbook.title} (${runbook.path}), ${counted(hosts.length, "host")} of ${inventory}`);
}

/** The screen takes the terminal at the first word of a host, once what its login asked for is answered; it then shows all that was before. */
function tuiScreen(loaded: LoadedRunbook, by: string, io: Io): Screen {
  const { stdin, stdout } = process;
  return {
    attended: true,
    open: (control, questions) => {
      const early: ((tui: Tui) => void)[] = [];
      let tui: Tui | null = null;
      let opening: Promise<void> | null = null;
      const appear = async (): Promise<void> => {
        const { openTui } = await import("../tui/tui.ts");
        await questions.close();
        const opened = await openTui({ ...control, loaded, by, stdin, stdout, now: () => Date.now() });
        for (const tell of early) tell(opened);
        tui = opened;
      };
      const tell = (what: (tui: Tui) => void): void => {
        if (tui === null) early.push(what);
        else what(tui);
      };
      const close = async (): Promise<void> => {
        await opening;
        await tui?.[Symbol.asyncDispose]();
      };
      return {
        watchers: [
          {
            entry: (entry) => {
              if (entry.event.type === "run-started") io.err(`${openingOf(entry.event.plan)}\n`);
              tell((shown) => shown.entry(entry));
              if ("host" in entry.event) opening ??= appear();
            },
            output: (...printed) => tui?.output?.(...printed),
          },
        ],
        approver: { listen: (decide, signal) => tell((shown) => shown.listen(decide, signal)) },
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
