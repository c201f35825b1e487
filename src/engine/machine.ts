import type { HostState } from "./state.ts";

/** The identity of a machine, where it can be told: its id and its boot. Two inventory names with the same one are one machine. */
export function machineOf(host: HostState): string | null {
  const { machineId = null, bootId = null } = host.identity ?? {};
  return machineId === null || bootId === null ? null : `${machineId} ${bootId}`;
}

/** Whether two names are known to be one machine. */
export function isSameMachine(one: HostState, other: HostState): boolean {
  const machine = machineOf(one);
  return machine !== null && machine === machineOf(other);
}
