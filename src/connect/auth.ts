import type { AnyAuthMethod, AuthenticationType, KeyboardInteractiveAuthMethod, NextAuthHandler } from "ssh2";
import type { Fault } from "../model/fault.ts";
import type { KeyRing } from "./keys.ts";
import type { Target } from "./target.ts";

/** What there is to log in with. */
export type Credentials = {
  readonly host: Target;
  readonly keys: KeyRing;
  readonly agentSocket: string | undefined;
  /** How many keys the agent holds; undefined when it does not answer. */
  readonly agentKeys: () => Promise<number | undefined>;
  /** Called around a question to a person: their time is not the host's. */
  readonly pause: <T>(work: Promise<T>) => Promise<T>;
};

/** One login's authentication: the handler for ssh2, and afterwards what was tried. */
export type Authentication = {
  readonly handler: (left: AuthenticationType[] | null, partial: boolean | null, next: NextAuthHandler) => void;
  fault(): Fault;
};

const DEFAULT_KEYS = ["~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa"];

type Candidate = { readonly type: "key"; readonly path: string } | { readonly type: "agent" | "password" | "prompt" };

/**
 * Tries in OpenSSH's order: the inventory's key files, the agent, the default key files, the password.
 * `broken` is told of a bug on the way, which nobody else would hear of.
 */
export function authentication(credentials: Credentials, broken: (error: unknown) => void): Authentication {
  const queue = candidates(credentials);
  const tried: string[] = [];
  const problems: string[] = [];
  let accepts: readonly string[] | null = null;
  let second = false;
  const tell = { tried, problems };

  async function nextMethod(): Promise<AnyAuthMethod | false> {
    for (let candidate = queue.shift(); candidate !== undefined; candidate = queue.shift()) {
      if (accepts !== null && !accepts.includes(protocolName(candidate))) continue;
      const method = await prepare(candidate, credentials, tell);
      if (method !== undefined) return method;
    }
    return false;
  }

  /** ssh2 takes an answer at any later time, and `false` for the end of the list. */
  async function answer(next: NextAuthHandler): Promise<void> {
    next((await nextMethod()) as AnyAuthMethod);
  }

  return {
    handler: (left, partial, next) => {
      accepts = left;
      second = partial === true;
      answer(next).catch(broken);
    },
    fault: () => authFault(credentials, tried, problems, accepts, second),
  };
}

function candidates({ host, agentSocket }: Credentials): Candidate[] {
  const named = host.keyFiles.map((path) => ({ type: "key", path }) as const);
  const usual =
    host.identitiesOnly || named.length > 0 ? [] : DEFAULT_KEYS.map((path) => ({ type: "key", path }) as const);
  const agent = agentSocket === undefined || host.identitiesOnly ? [] : [{ type: "agent" } as const];
  const password = host.password === undefined ? [] : ([{ type: "password" }, { type: "prompt" }] as const);
  return [...named, ...agent, ...usual, ...password];
}

function protocolName(candidate: Candidate): string {
  switch (candidate.type) {
    case "key":
    case "agent":
      return "publickey";
    case "password":
      return "password";
    case "prompt":
      return "keyboard-interactive";
  }
}

async function prepare(
  candidate: Candidate,
  { host, keys, agentSocket, agentKeys, pause }: Credentials,
  { tried, problems }: { readonly tried: string[]; readonly problems: string[] },
): Promise<AnyAuthMethod | undefined> {
  const username = host.user;
  switch (candidate.type) {
    case "key": {
      const key = await pause(keys.load(candidate.path));
      if ("missing" in key) {
        if (host.keyFiles.includes(candidate.path)) problems.push(`${candidate.path} is not there`);
        return undefined;
      }
      if ("problem" in key) {
        problems.push(`${keys.shown(candidate.path)} ${key.problem}`);
        return undefined;
      }
      tried.push(keys.shown(candidate.path));
      return { type: "publickey", username, key };
    }
    case "agent": {
      const count = await agentKeys();
      if (count === undefined) problems.push("the agent does not answer");
      else tried.push(`agent: ${count} key${count === 1 ? "" : "s"}`);
      return count === undefined || count === 0 ? undefined : { type: "agent", username, agent: agentSocket ?? "" };
    }
    case "password":
      tried.push("password");
      return { type: "password", username, password: host.password?.reveal() ?? "" };
    case "prompt":
      if (!tried.includes("password")) tried.push("password");
      return { type: "keyboard-interactive", username, prompt: answerOnce(host.password?.reveal() ?? "") };
  }
}

/** Answers one question, once: anything else is a second factor, and repeating a wrong password locks accounts. */
function answerOnce(password: string): KeyboardInteractiveAuthMethod["prompt"] {
  let asked = false;
  return (_name, _instructions, _language, prompts, finish) => {
    finish(prompts.length === 1 && !asked ? [password] : []);
    asked = true;
  };
}

function authFault(
  { host }: Credentials,
  tried: readonly string[],
  problems: readonly string[],
  accepts: readonly string[] | null,
  second: boolean,
): Fault {
  const who = `${host.user}@${host.name}`;
  const list = [...tried, ...problems].join(", ");
  const accepted = accepts === null ? "" : ` The host takes: ${accepts.join(", ")}.`;
  const fault = (message: string, hint: string): Fault => ({
    kind: "auth",
    message: `${who}: ${message}${list === "" ? "" : ` (${list})`}`,
    hint: hint + accepted,
    where: host.name,
  });
  if (second) return fault("the host wants a second factor", "Log in with a key that needs none.");
  if (tried.length === 0)
    return fault("there is nothing to log in with", "Give a key (--private-key), start an agent, or use --ask-pass.");
  if (tried.every((what) => what === "password"))
    return fault("the password was not accepted", "Look at the user (-u) and the password.");
  const what = tried.includes("password") ? "no key and no password was accepted" : "no key was accepted";
  return fault(what, "Look at the user (-u) and at its authorized_keys, or give another key (--private-key).");
}
