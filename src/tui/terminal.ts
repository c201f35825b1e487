import type { Painter } from "./painter.ts";

/** Takes the terminal from the screen until it is to have it again. */
type Suspend = () => Promise<{ readonly resume: () => Promise<void> }>;

/**
 * Gives the terminal back while somebody has stopped the process (`kill -TSTP`), and takes it again, with everything drawn anew, once it goes
 * on: a shell leaves a terminal as it wants it, not as it was. Ctrl-Z does nothing: hosts would go on, and nobody would see to them.
 */
export function takingTurns(suspend: Suspend, painter: Painter): Disposable {
  let resume: (() => Promise<void>) | null = null;
  const onStop = async (): Promise<void> => {
    if (resume !== null) return;
    painter.pause();
    ({ resume } = await suspend());
    process.kill(process.pid, "SIGSTOP");
  };
  const onContinue = async (): Promise<void> => {
    painter.pause();
    // A stop that cannot be caught has given nothing back.
    const take = resume ?? (await suspend()).resume;
    resume = null;
    await take();
    painter.anew();
  };
  // A terminal that has gone cannot be given back, which is no reason to end a run.
  const stopped = (): void => void onStop().catch(() => undefined);
  const continued = (): void => void onContinue().catch(() => undefined);
  process.on("SIGTSTP", stopped);
  process.on("SIGCONT", continued);
  return {
    [Symbol.dispose]: () => {
      process.off("SIGTSTP", stopped);
      process.off("SIGCONT", continued);
    },
  };
}

/** Holds back what others write to a terminal's stream until it is disposed of: it would go right across the screen. */
export function heldBack(stream: NodeJS.WriteStream): Disposable {
  if (!stream.isTTY) return { [Symbol.dispose]: () => undefined };
  const held: (string | Uint8Array)[] = [];
  const write = stream.write.bind(stream);
  stream.write = (
    text: string | Uint8Array,
    encoding?: BufferEncoding | ((error?: Error | null) => void),
    done?: (error?: Error | null) => void,
  ): boolean => {
    held.push(text);
    const tell = typeof encoding === "function" ? encoding : done;
    if (tell !== undefined) process.nextTick(tell);
    return true;
  };
  return {
    [Symbol.dispose]: () => {
      stream.write = write;
      for (const text of held.splice(0)) stream.write(text);
    },
  };
}
