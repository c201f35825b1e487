import type { commands } from "./commands.ts";

/** Every command but `run`, the fires of schedules and the daemon, loaded once one of them is called. */
export async function others(): Promise<typeof commands> {
  const loaded = await import("./commands.ts");
  return loaded.commands;
}
