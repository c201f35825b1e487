import type { ProcessEnd } from "../schedule/aftermath.ts";
import type { Errand, Process, Starter } from "./ports.ts";

/** The processes that this daemon has started, by the ids of their runs. */
export type Crew = {
  /** `hear` is told what it prints. */
  start(errand: Errand, hear: (line: string) => void): Process;
  has(run: string): boolean;
  /** How a process ended; undefined: it is at work, or is none of ours. */
  end(run: string): ProcessEnd | undefined;
  /** Forgets a process whose end is written down. */
  dismiss(run: string): void;
  /** Asks a process to begin no new fix, once however often that is wanted; false: it is none of ours. */
  stop(run: string): boolean;
  /** Tells a process to leave at once what it has begun. */
  leave(run: string): void;
  /** The runs whose processes are at work. */
  working(): readonly string[];
};

type Member = { readonly process: Process; end: ProcessEnd | undefined; asked: boolean };

async function follow(member: Member, onEnd: () => void): Promise<void> {
  member.end = await member.process.ended;
  onEnd();
}

/** A crew without anybody; `onEnd` is called whenever a process has ended. */
export function newCrew(starter: Starter, onEnd: () => void): Crew {
  const members = new Map<string, Member>();
  return {
    start: (errand, hear) => {
      const member: Member = { process: starter.start(errand, hear), end: undefined, asked: false };
      members.set(errand.run, member);
      void follow(member, onEnd);
      return member.process;
    },
    has: (run) => members.has(run),
    end: (run) => members.get(run)?.end,
    dismiss: (run) => void members.delete(run),
    stop: (run) => {
      const member = members.get(run);
      if (member === undefined) return false;
      // A second time would have it leave what it has begun.
      if (member.end === undefined && !member.asked) member.process.stop();
      member.asked = true;
      return true;
    },
    leave: (run) => {
      const member = members.get(run);
      if (member?.end === undefined) member?.process.stop();
    },
    working: () => [...members].filter(([, { end }]) => end === undefined).map(([run]) => run),
  };
}
