import type { Fault } from "../model/fault.ts";
import type { Host } from "../model/inventory.ts";
import { noCommon } from "./nocommon.ts";
import type { Offer } from "./offer.ts";

/** Why no login came about, in words that begin with the kind of failure, so that the same cause on many hosts reads the same. */
export function unreachable(
  error: Error & { readonly code?: unknown; readonly level?: unknown },
  host: Host,
  offer?: Offer,
): Fault {
  const at = `${host.address} port ${host.port}`;
  const fault = (message: string, hint?: string): Fault => ({
    kind: "unreachable",
    message,
    where: host.name,
    ...(hint === undefined ? {} : { hint }),
  });
  switch (error.code) {
    case "ECONNREFUSED":
      return fault(`refused: nothing listens at ${at}`, "Is sshd running there, and is the port right?");
    case "ENOTFOUND":
      return fault(`no such host: ${host.address}`, "Look at ansible_host and at the name service.");
    case "EAI_AGAIN":
      return fault(`no such host for now: the name service does not answer for ${host.address}`);
    case "EHOSTUNREACH":
    case "ENETUNREACH":
    case "EADDRNOTAVAIL":
      return fault(`no route: ${at}`, "Look at the network between here and there.");
    case "ETIMEDOUT":
      return timedOut(host);
    case "ECONNRESET":
    case "EPIPE":
      return closedByHost(host);
    case "EMFILE":
    case "ENFILE":
      return fault(
        "no file descriptor is left on this machine",
        "Raise `ulimit -n` (each host keeps its login to its end), or select fewer hosts (--limit).",
      );
  }
  if (/no matching/.test(error.message)) return noCommon(error, host, offer);
  if (/Invalid identification|Header line too long/.test(error.message)) {
    return fault(`no SSH: what answers at ${at} does not speak it`, "Is the port right?");
  }
  if (/before handshake/i.test(error.message)) return closedByHost(host);
  return fault(`closed: ${error.message.split("\n")[0]}`);
}

/** No answer in time, wherever it hung. */
export function timedOut(host: Host, seconds?: number): Fault {
  return {
    kind: "unreachable",
    message: `timed out: ${host.address} port ${host.port}${seconds === undefined ? "" : ` gave no login within ${seconds} s`}`,
    where: host.name,
    hint: "Is the host up, and does a firewall drop packets?",
  };
}

/** The host hung up before a login. */
export function closedByHost(host: Host): Fault {
  return {
    kind: "unreachable",
    message: "closed by the host before the login",
    where: host.name,
    hint: "sshd may be overloaded (MaxStartups) or deny this address, or something else listens there.",
  };
}
