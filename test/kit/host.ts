import type { Host } from "../../src/model/inventory.ts";

/** A host of which the inventory says no more than its name and these variables. */
export function hostNamed(name: string, vars: Readonly<Record<string, unknown>> = {}): Host {
  return {
    name,
    groups: ["all"],
    vars,
    connection: "ssh",
    address: name,
    port: 22,
    user: undefined,
    password: undefined,
    keyFiles: [],
    identitiesOnly: false,
    userKnownHosts: undefined,
    globalKnownHosts: undefined,
    hostKeyChecking: undefined,
    become: undefined,
    becomeUser: undefined,
    becomePassword: undefined,
  };
}
