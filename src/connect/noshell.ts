import { ailmentHint, ailmentIn } from "../engine/ailment.ts";
import type { Fault } from "../model/fault.ts";
import { lastLine } from "./become/refused.ts";

/** Why no shell took a script after a login: it was over, printed without end, or was silent for `seconds`; `asked`: it read for itself what was meant for the script. */
export type NoShell =
  | { readonly kind: "ended" | "flooded" | "asked" }
  | { readonly kind: "late"; readonly seconds: number };

/** The fault for it, by what came on both streams instead. */
export function noShell(why: NoShell, said: { readonly stdout: string; readonly stderr: string }): Fault {
  const words = lastLine(said.stdout) + lastLine(said.stderr);
  switch (why.kind) {
    case "ended":
      return overBefore(said.stderr, `${said.stdout}\n${said.stderr}`, words);
    case "late":
      return {
        kind: ailmentIn(said.stderr) ?? "session",
        message: `the shell on the host did not answer within ${why.seconds} s${words}`,
        hint: "Its login shell waits for something: a question, or a home directory on a mount that does not answer. `ssh HOST true` shows it.",
      };
    case "flooded":
      return {
        kind: "session",
        message: `the login shell prints without end${words}`,
        hint: "`ssh HOST true` must print next to nothing: look at the user's login shell and at sshd's ForceCommand.",
      };
    case "asked":
      return {
        kind: "session",
        message: `the login shell asks something before it takes a command${words}`,
        hint: "It must not where nobody can answer (`[ -t 0 ]` tells it): `ssh HOST true </dev/null` shows it. Or log in as another user (-u).",
      };
  }
}

/** The fault of a login to which the server gives no shell at all. */
export function startsNone(said: string): Fault {
  return {
    kind: "session",
    message: `the host starts no shell: ${said}`,
    hint: "Its sshd could not start a process, or lets this user run no commands: its log says which.",
  };
}

/** The server gives no terminal to a program that wants one. */
export const NO_TERMINAL: Fault = {
  kind: "privilege",
  message: "becoming another user there takes a terminal, and the host's sshd grants none",
  hint: "Look at PermitTTY in sshd_config and at `restrict` or `no-pty` in authorized_keys; or allow it without a terminal.",
};

/** The fault of a script that the shell around it could not begin, by what that said. */
export function notBegun(stderr: string): Fault {
  // Some shells give up without a word.
  const kind = ailmentIn(stderr) ?? "no-processes";
  return { kind, message: `its shell could not begin it${lastLine(stderr)}`, hint: ailmentHint(kind) };
}

/** The login shell, or sshd in its place, has ended at once. */
function overBefore(stderr: string, all: string, words: string): Fault {
  if (/password change required|password has expired|(?:must|required to) change your password/i.test(all)) {
    return {
      kind: "auth",
      message: `the login user's password has expired and must be changed${words}`,
      hint: "Log in there by hand once and change it, or have it not expire (`chage -M -1 USER`).",
    };
  }
  if (
    /account (?:is|has been) (?:currently )?(?:not available|disabled|locked|expired)|account has expired/i.test(all)
  ) {
    return {
      kind: "auth",
      message: `the login user may not log in${words}`,
      hint: "Log in as another user (-u), or give this one a shell (`chsh -s /bin/sh USER`).",
    };
  }
  const ailment = ailmentIn(stderr);
  const message = `the shell on the host ended before it took a script${words}`;
  if (ailment !== null) return { kind: ailment, message, hint: ailmentHint(ailment) };
  return {
    kind: "session",
    message,
    hint: "`ssh HOST true` shows what its login shell does with a command. Log in as another user (-u), or give this one a shell.",
  };
}

/** The fault of a look that was not begun, since an earlier one still hangs: which process, the seconds since, and its name. */
export function stillHung([pid = "?", seconds = "", ...name]: readonly string[]): Fault {
  const since = /^\d+$/.test(seconds) ? `, which began ${ago(Number(seconds))} ago` : "";
  return {
    kind: "hung",
    message: `an earlier look of it still hangs there: process ${pid} (${name.join(" ")})${since}`,
    hint: ailmentHint("hung"),
  };
}

function ago(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}
