import type { Fault } from "../../model/fault.ts";
import type { Asked } from "./prompts.ts";
import type { Target } from "./target.ts";

/** What came of one login's authentication so far. */
export type Tale = {
  /** What was offered to the host. */
  readonly tried: string[];
  /** Why other things were not. */
  readonly problems: string[];
  /** What only OpenSSH's own ssh could offer. */
  readonly beyond: string[];
  /** The methods that the host takes; null: it has not said. */
  accepts: readonly string[] | null;
  /** Something was accepted, and is not enough. */
  second: boolean;
  asked?: Asked;
};

/** Why nobody was let in: what was tried, why the rest was not, and what to do. */
export function authFault(host: Pick<Target, "name" | "user" | "ssh">, tale: Tale): Fault {
  const { tried, problems, accepts, second, asked } = tale;
  const list = [...tried, ...problems].join(", ");
  const accepted = accepts === null ? "" : ` The host takes: ${accepts.join(", ")}.`;
  const fault = (message: string, hint: string): Fault => ({
    kind: "auth",
    message: `${host.user}@${host.name}: ${message}${list === "" ? "" : ` (${list})`}`,
    hint: hint + accepted + beyondUs(host, tale),
    where: host.name,
  });
  if (asked?.kind === "new-password")
    return fault("its password has expired, and a new one is wanted", "Change it with ssh.");
  if (asked?.kind === "unanswered") {
    return fault(
      `it asks \`${asked.prompt}\`, and nobody answered`,
      "Start it on a terminal, without the screen (--no-tui).",
    );
  }
  if (second)
    return fault("the host wants a second factor", "Log in with a key that needs none, or start it on a terminal.");
  if (tried.length === 0)
    return fault("there is nothing to log in with", "Give a key (--private-key), start an agent, or use --ask-pass.");
  if (tried.every((what) => what === "password"))
    return fault("the password was not accepted", "Look at the user (-u) and the password.");
  const what = tried.includes("password") ? "no key and no password was accepted" : "no key was accepted";
  return fault(what, "Look at the user (-u) and at its authorized_keys, or give another key (--private-key).");
}

/** What is wanted, and what the host would take, that only OpenSSH's own ssh knows. */
function beyondUs({ ssh }: Pick<Target, "ssh">, { beyond, accepts }: Tale): string {
  const lacks = (name: string): boolean => ssh.lacking?.some((each) => each.toLowerCase() === name) === true;
  const all = [
    ...beyond,
    ...(ssh.certificateFiles ?? []).map((file) => `the certificate ${file}`),
    ...(lacks("gssapiauthentication") && accepts?.includes("gssapi-with-mic") === true ? ["GSSAPI"] : []),
    ...(lacks("hostbasedauthentication") && accepts?.includes("hostbased") === true ? ["host-based logins"] : []),
  ];
  if (all.length === 0) return "";
  return ` Not used here: ${[...new Set(all)].join(", ")}; \`runbook_connection: openssh\` has the system's ssh log in, which knows them.`;
}
