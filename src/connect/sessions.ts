import type { Fault } from "../model/fault.ts";
import type { Host } from "../model/inventory.ts";
import type { Connection } from "../run/ports.ts";
import { connectionOver } from "./connection.ts";
import type { Login } from "./pool.ts";

/** A connection over a login, with the sessions that its host speaks. What is for Windows alone is loaded where there is such a host. */
export async function sessionsOn(login: Login, { windows }: Host): Promise<Connection | Fault> {
  if (windows === undefined) return connectionOver(login);
  const { windowsConnection } = await import("./windows/connection.ts");
  return windowsConnection(login, windows);
}
