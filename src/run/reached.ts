import type { EventOf } from "../model/event.ts";
import { oldIn } from "../model/wire.ts";
import type { Connection } from "./ports.ts";

/** That a host was logged in to, as whoever answered there says. */
export function reached(host: string, connection: Connection, ms: number): EventOf<"reached"> {
  const old = oldIn(connection.wire);
  return { type: "reached", host, ...connection.identity, ms, ...(old.length === 0 ? {} : { old: [...old] }) };
}
