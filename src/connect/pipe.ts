import type { Fault } from "../model/fault.ts";

/** How a channel ended. `exited`: every process that held it has let go of it; code and signal are its first process's. */
export type PipeEnd =
  | { readonly kind: "exited"; readonly code: number | null; readonly signal: number | null }
  | { readonly kind: "lost"; readonly reason: string };

/** One process on a host with its three streams: what SSH channels and local children have in common. */
export type Pipe = {
  write(data: Uint8Array | string): void;
  /** Ends the process's stdin. */
  end(): void;
  /** Lets go of it now, whatever still runs there. */
  abandon(): void;
  /** Says who gets what comes; one at a time. */
  receive(take: (stream: "stdout" | "stderr", chunk: Uint8Array) => void): void;
  /** Settles once, and never rejects. */
  readonly ended: Promise<PipeEnd>;
};

/** Who gets what a process prints; what comes before somebody does waits. */
export type Taker = Parameters<Pipe["receive"]>[0];

/** A place for the one who gets it. */
export function taker(): { readonly give: Taker; readonly receive: Pipe["receive"] } {
  const early: Parameters<Taker>[] = [];
  let take: Taker = (...printed) => void early.push(printed);
  return {
    give: (stream, chunk) => take(stream, chunk),
    receive(next) {
      take = next;
      for (const printed of early.splice(0)) next(...printed);
    },
  };
}

/**
 * Starts a command line on a host. `full`: the host grants no further channel now. On a terminal all that is printed is its stdout, and what is
 * written is typed there.
 */
export type OpenPipe = (command: string, on?: "terminal") => Promise<Pipe | Fault | "full">;
