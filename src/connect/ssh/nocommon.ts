import { Compat } from "../../model/compat.ts";
import type { Fault } from "../../model/fault.ts";
import type { Host } from "../../model/inventory.ts";
import { suits } from "./algorithms.ts";
import type { Offer } from "./offer.ts";

/** That no algorithm of some kind is known to both sides, with the setting that would allow what the server needs. */
export function noCommon(error: Error, host: Host, offer: Offer | undefined): Fault {
  const kind = /no matching (.+)$/.exec(error.message)?.[1] ?? "algorithm";
  const software = offer === undefined ? "" : ` (${offer.software})`;
  return {
    kind: "unreachable",
    message: `no common ${kind} with ${host.address} port ${host.port}${software}`,
    where: host.name,
    hint: offer === undefined ? "The host's SSH is very old or very strict." : hintFor(kind, offer),
  };
}

function hintFor(kind: string, offer: Offer): string {
  const enough = Compat.options.filter((compat) => suits(offer, compat));
  // What came with OpenSSH 4 needs no more than the others, but a setting says what a host is.
  const ancient = /OpenSSH_[1-4]\./.test(offer.software);
  const [first] = ancient ? enough.toReversed() : enough;
  if (first !== undefined) {
    const or = ancient && enough.includes("xenserver65") ? " (on a XenServer 6.5: `xenserver65`)" : "";
    return `If it is as old as it looks: \`runbook_compat: ${first}\`${or} in the inventory allows the old algorithms that it needs.`;
  }
  const theirs = /key exchange/.test(kind)
    ? offer.kex
    : /host key/.test(kind)
      ? offer.hostKey
      : /cipher/.test(kind)
        ? offer.cipher
        : offer.mac;
  return `No \`runbook_compat\` would help: it takes only ${theirs.join(", ")}.`;
}
