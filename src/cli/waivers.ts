import { planWaivers, strayWaivers } from "../language/waivers/plan.ts";
import { loadWaivers, type WaiverPlaces } from "../load/waivers.ts";
import type { Waiver } from "../model/approval.ts";
import type { Fault } from "../model/fault.ts";
import type { Runbook } from "../model/runbook.ts";
import { tell, type Io } from "./io.ts";
import type { Targets } from "./targets.ts";

/** Says which of the written waivers concern a runbook on some hosts, and tells those that waive nothing. */
export type WaiversFor = (runbook: Runbook, targets: Pick<Targets, "hosts" | "inventory">) => Promise<Waiver[]>;

/** The written waivers; `among` tells those that name none of these runbooks, where they are all that there are. */
type WaiversInForce = { readonly of: WaiversFor; readonly among: (runbooks: readonly string[]) => void };

/** The written waivers in force, or every mistake in them. Tells which have expired. */
export async function writtenWaivers(
  at: Omit<WaiverPlaces, "now">,
  io: Io,
): Promise<WaiversInForce | { readonly faults: readonly Fault[] }> {
  const read = await loadWaivers({ ...at, now: Date.now() });
  if ("faults" in read) return read;
  tell(read.warnings, io, "warning");
  return {
    of: async (runbook, { hosts, inventory }) => {
      if (read.waivers.length === 0) return [];
      const names = hosts.map((host) => host.name);
      const { waivers, notes } = planWaivers(read.waivers, { runbook, hosts: names, inventory });
      tell(notes, io, "warning");
      return waivers;
    },
    among: (runbooks) => tell(strayWaivers(read.waivers, runbooks), io, "warning"),
  };
}
