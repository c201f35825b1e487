import type { Fault } from "../../model/fault.ts";
import type { Host } from "../../model/inventory.ts";
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
      return fault(
        `no such host for now: the name service does not answer for ${host.address}`,
        "Look at /etc/resolv.conf of this machine and at the way to its name servers, or give an address (ansible_host).",
      );
    case "EHOSTUNREACH":
    case "ENETUNREACH":
    case "EADDRNOTAVAIL":
      return fault(`no route: ${at}`, "Look at the network between here and there.");
    case "EACCES":
    case "EPERM":
      return fault(
        `no route: ${at} is barred here or on the way`,
        "A firewall rule says no: look at those of this machine first.",
      );
    case "ETIMEDOUT":
      return timedOut(host, undefined, "no-answer");
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
  return fault(`closed: ${error.message.split("\n")[0]}`, "sshd's log on the host says more (`journalctl -u ssh`).");
}

/** How far a login had come when its time was up: no connection, one on which nothing is said, or one whose login is not decided. */
export type Stage = "no-answer" | "silent" | "undecided";

/** No answer in time, wherever it hung. */
export function timedOut(host: Host, seconds?: number, stage?: Stage): Fault {
  const at = `${host.address} port ${host.port}`;
  const within = seconds === undefined ? "" : ` within ${seconds} s`;
  const fault = (message: string, hint: string): Fault => ({
    kind: "unreachable",
    message: `timed out: ${message}`,
    where: host.name,
    hint,
  });
  switch (stage) {
    case "no-answer":
      return fault(`nothing answers at ${at}${within}`, "Is the host up, and does a firewall drop packets?");
    case "silent":
      return fault(
        `${at} takes connections, but no SSH server spoke${within}`,
        "Its sshd hangs, or the host is too busy or out of memory: look at it on its console.",
      );
    case "undecided":
      return fault(
        `sshd at ${at} let nobody in and refused nobody${within}`,
        "It waits for something itself: a directory, DNS (UseDNS), or a home directory on a mount that does not answer.",
      );
    case undefined:
      return fault(`${at} gave no login${within}`, "Is the host up, and does a firewall drop packets?");
  }
}

/** What a host says of an account while it turns it away, which is no banner that everybody sees. */
const TURNED_AWAY =
  /^.*(?:\baccount\b.*\b(?:expired|locked|disabled)|\bpassword\b.*\bexpired|going down|not permitted to log in).*$/im;

/** The fault of a login with what the host said of it, where it did. */
export function saying(fault: Fault, banner: string): Fault {
  const line = TURNED_AWAY.exec(banner)?.[0].trim().slice(0, 200);
  return line === undefined ? fault : { ...fault, message: `${fault.message}; the host says: ${line}` };
}

/** The host hung up before a login. */
export function closedByHost(host: Host): Fault {
  return {
    kind: "unreachable",
    message: "closed by the host before the login",
    where: host.name,
    hint: "sshd may be overloaded (MaxStartups), out of processes or memory, or deny this address; or something else listens there.",
  };
}
