import type { SqliteRecord } from "../journal/sqlite.ts";
import type { Holder } from "../run/ports.ts";
import { DAEMON } from "../schedule/book.ts";

/** The daemon that goes on with a run by itself once it is decided; null: somebody must. */
export async function daemonOf(run: string, { book, desk }: SqliteRecord): Promise<Holder | null> {
  const waits = (await book.open()).some((fire) => fire.run === run);
  return waits ? await desk.holder(DAEMON) : null;
}
