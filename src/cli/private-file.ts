import { open } from "node:fs/promises";
import type { Fault } from "../model/fault.ts";

/** Writes a file that only its owner may read, since what hosts printed may be in it. Null: it is written. */
export async function writePrivate(file: string, text: string): Promise<Fault | null> {
  try {
    await using out = await open(file, "w", 0o600);
    // One that was there before keeps its rights otherwise.
    if ((await out.stat()).isFile()) await out.chmod(0o600);
    await out.writeFile(text);
    return null;
  } catch (error) {
    const message = `the file cannot be written: ${error instanceof Error ? error.message : String(error)}`;
    return { kind: "usage", where: file, message, hint: "name a file that can be written" };
  }
}
