import type { HostState } from "./state.ts";

/** The identity of a machine, where it can be told: its id and its boot. Two inventory names with the same one are one machine. */
export function machineOf(host: HostState): string | null {
  const { machineId = null, bootId = null } = host.identity ?? {};
  return machineId === null || bootId === null ? null : `${machineId} ${bootId}`;
}

/** Whether two names are known to be one machine. Asked of a thousand hosts at each change, so without making texts of them. */
export function isSameMachine({ identity: one }: HostState, { identity: other }: HostState): boolean {
  if (one === null || other === null || one.machineId === null || one.bootId === null) return false;
  return one.machineId === other.machineId && one.bootId === other.bootId;
}
