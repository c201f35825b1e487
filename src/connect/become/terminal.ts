import { isFault, type Fault } from "../../model/fault.ts";
import { holdPipes } from "../../script/become.ts";
import { soon } from "../hearing.ts";
import { markFinder, randomMark } from "../mark.ts";
import type { OpenPipe, Pipe, Taker } from "../pipe.ts";
import { within } from "../within.ts";

/** A program with a terminal to ask on, whose three streams are pipes all the same. */
export type OnTerminal = {
  /** Its streams, byte by byte. */
  readonly pipe: Pipe;
  /** What is shown on its terminal, and typed there. */
  readonly screen: Pipe;
};

/**
 * Starts a program that insists on a terminal. On one channel both streams would be one, so there are two: the first, without a terminal, holds pipes,
 * which the program on the second is given. `command` makes its command line from the process that holds them.
 */
export async function openOnTerminal(
  open: OpenPipe,
  command: (holder: number) => string,
): Promise<OnTerminal | Fault | "full"> {
  const mark = randomMark();
  const data = await open(holdPipes(mark));
  if (data === "full" || isFault(data)) return data;
  const find = markFinder(mark);
  const early: Printed[] = [];
  const held = new Promise<number>((resolve) => {
    data.receive((stream, chunk) => {
      early.push([stream, chunk]);
      const word = stream === "stdout" ? find.push(chunk).found?.words[0] : undefined;
      if (word !== undefined) resolve(Number(word));
    });
  });
  const holder = await soon(held, data);
  const screen = Number.isInteger(holder) ? await open(command(Number(holder)), "terminal") : NO_PIPES;
  if (screen === "full" || isFault(screen)) {
    data.end();
    await within(LETTING_GO, data.ended);
    data.abandon();
    return screen;
  }
  return { pipe: joined(data, screen, early), screen };
}

/** ms that pipes which nobody takes get to be let go, so that their channel is free again. */
const LETTING_GO = 2000;

const NO_PIPES: Fault = {
  kind: "session",
  message: "no shell on the host answered that would hold the pipes of another",
};

type Printed = Parameters<Taker>;

/**
 * One pipe of two channels: the streams of the one, and the end of what runs on the other. `early` is what came before somebody listened: a program
 * that asks nothing is there before its channel has told that it was started.
 */
function joined(data: Pipe, screen: Pipe, early: Printed[]): Pipe {
  const ended = screen.ended.then(async (end) => {
    data.end();
    const last = await data.ended;
    return last.kind === "lost" ? last : end;
  });
  return {
    write: (bytes) => data.write(bytes),
    end: () => data.end(),
    abandon() {
      data.abandon();
      screen.abandon();
    },
    receive(take) {
      data.receive(take);
      for (const [stream, chunk] of early.splice(0)) take(stream, chunk);
    },
    ended,
  };
}
