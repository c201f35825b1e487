import { hostname } from "node:os";
import { waiting } from "../engine/outcome.ts";
import type { RunState } from "../engine/state.ts";
import type { Entry } from "../model/event.ts";
import type { LoadedRunbook } from "../model/runbook.ts";
import { jsonReport } from "../report/json.ts";
import { plainReport } from "../report/plain.ts";
import { quietReport } from "../report/quiet.ts";
import { summaryLines } from "../report/summary.ts";
import type { Approver, Watcher } from "../run/ports.ts";
import { clean } from "../view/clean.ts";
import { counted } from "../view/words.ts";
import { curtain, type Scene } from "./curtain.ts";
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
  /** Leaves behind what must stay on the terminal, with the head of the record at the very end. */
  conclude(state: RunState, head: string | null): Promise<void>;
};

type Control = { stop(reason: string): void; leave(): void };
type Wishes = {
  readonly tui: boolean;
  readonly json?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
  /** Plain lines, and none of them where all is clear. */
  readonly quiet?: boolean | undefined;
};

const WIDEST_LOG = 200;

/** The terminal UI where somebody can answer; else plain lines, on stderr when JSON owns stdout. */
export async function screenFor(loaded: LoadedRunbook, wishes: Wishes, by: string, io: Io): Promise<Screen> {
  const { stdin, stdout, env } = process;
  const able = stdin.isTTY && stdout.isTTY && env["TERM"] !== "dumb" && (env["CI"] ?? "") === "";
  const plain = !wishes.tui || wishes.quiet === true || wishes.json === true || wishes.dryRun === true;
  return able && !plain ? tuiScreen(loaded, by, io) : lineScreen(loaded, wishes, io);
}

function lineScreen(loaded: LoadedRunbook, { json = false, quiet = false }: Wishes, io: Io): Screen {
  const to = json ? "stderr" : "stdout";
  const hushed = quiet ? quietReport((out) => plainLines(loaded, to, out), lineTo(to, io)) : null;
  const plain = hushed ?? plainLines(loaded, to, lineTo(to, io));
  const watchers = json ? [jsonReport({ out: (line) => io.out(`${line}\n`) }), plain] : [plain];
  return {
    attended: false,
    open: () => ({
      watchers,
      approver: null,
      // The plain log has printed its summary as the run ended.
      conclude: async (_state, head) => {
        if (hushed?.spoken() !== false) tellHead(head, json ? "err" : "out", io);
      },
      [Symbol.asyncDispose]: async () => undefined,
    }),
  };
}

type Stream = "stdout" | "stderr";

function lineTo(to: Stream, io: Io): (line: string) => void {
  return (line) => (to === "stdout" ? io.out(`${line}\n`) : io.err(`${line}\n`));
}

/** Plain lines that fit the stream which `out` writes to. */
function plainLines(loaded: LoadedRunbook, to: Stream, out: (line: string) => void): Watcher {
  const stream = process[to];
  return plainReport({
    out,
    colour: stream.isTTY && stream.hasColors(),
    width: stream.isTTY ? Math.min(stream.columns, WIDEST_LOG) : Number.POSITIVE_INFINITY,
    loaded,
  });
}

/** Says what begins, while the first hosts are logged in to. */
function announce({ event }: Entry, { plan }: RunState, io: Io): void {
  if (event.type !== "run-started" && event.type !== "run-resumed") return;
  const { runbook, hosts, inventory } = plan;
  const what = `${runbook.name}: ${runbook.title} (${runbook.path})`;
  io.err(`${clean(`${what}, ${counted(hosts.length, "host")} of ${inventory}`)}\n`);
}

/** The screen takes the terminal at the first word of a host, once what its login asked for is answered. */
function tuiScreen(loaded: LoadedRunbook, by: string, io: Io): Screen {
  const { stdin, stdout, stderr } = process;
  return {
    attended: true,
    open: (control, questions) => {
      let lost = false;
      const openScreen = async (): Promise<Scene> => {
        const { openTui } = await import("../tui/tui.ts");
        await questions.close();
        return openTui({ ...control, loaded, by, machine: hostname(), stdin, stdout, stderr, now: () => Date.now() });
      };
      const scene = curtain(openScreen, (error) => {
        lost = true;
        const reason = error instanceof Error ? error.message : String(error);
        io.err(`The screen cannot be shown, so plain lines follow, and nobody is asked: ${clean(reason)}\n`);
        return unattended(plainLines(loaded, "stdout", lineTo("stdout", io)), control);
      });
      return {
        watchers: [{ entry: (entry, state) => announce(entry, state, io) }, scene],
        approver: scene,
        conclude: async (state, head) => {
          try {
            await scene[Symbol.asyncDispose]();
          } finally {
            const room = { width: stdout.columns, colour: stdout.hasColors() };
            if (!lost) for (const line of summaryLines(state, room)) io.out(`${line}\n`);
            tellHead(head, "out", io);
          }
        },
        [Symbol.asyncDispose]: () => scene[Symbol.asyncDispose](),
      };
    },
  };
}

/** Plain lines in a run that counts on somebody to ask: it stops at the first question, instead of waiting for ever. */
function unattended(plain: Watcher, control: Control): Scene {
  return {
    entry: (entry, state) => {
      plain.entry(entry, state);
      const asks = entry.event.type === "asked" || (entry.event.type === "run-resumed" && somebodyWaits(state));
      if (asks) control.stop("the loss of its screen");
    },
    listen: () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** What whoever wants to be sure of the record later writes down elsewhere. */
function tellHead(head: string | null, where: "out" | "err", io: Io): void {
  if (head !== null) io[where](`  head ${head}\n`);
}

function somebodyWaits(state: RunState): boolean {
  return [...state.hosts.values()].some((host) => host.steps.some(waiting));
}
