import { stat } from "node:fs/promises";
import type { AnyAuthMethod, AuthenticationType, NextAuthHandler } from "ssh2";
import type { Fault } from "../../model/fault.ts";
import type { AgentKeys } from "./agent.ts";
import { authFault, type Tale } from "./authfault.ts";
import type { Ask, KeyRing } from "./keys.ts";
import { answers, type Asked } from "./prompts.ts";
import type { Target } from "./target.ts";

/** What there is to log in with. */
export type Credentials = {
  readonly host: Target;
  readonly keys: KeyRing;
  readonly agentSocket: string | undefined;
  /** What the agent holds; undefined when it does not answer. */
  readonly agentKeys: () => Promise<AgentKeys | undefined>;
  /** Asks a person; absent where nobody is to be asked. */
  readonly ask?: Ask;
  /** A person is asked for a password that nobody gave: the login serves many. */
  readonly asks: boolean;
  /** The socket of the agent that the host may use. */
  readonly forwarded: string | undefined;
  /** Called around a question to a person: their time is not the host's. */
  readonly pause: <T>(work: Promise<T>) => Promise<T>;
};

/** One login's authentication: the handler for ssh2, and afterwards what was tried. */
export type Authentication = {
  readonly handler: (left: AuthenticationType[] | null, partial: boolean | null, next: NextAuthHandler) => void;
  fault(): Fault;
};

const DEFAULT_KEYS = ["id_ed25519", "id_ecdsa", "id_rsa", "id_ed25519_sk", "id_ecdsa_sk"].map(
  (name) => `~/.ssh/${name}`,
);

type Candidate =
  | { readonly type: "key"; readonly path: string }
  /** The agent's keys that are in these files; undefined: all of them. */
  | { readonly type: "agent"; readonly files?: readonly string[] }
  | { readonly type: "password" | "prompt" };

/**
 * Tries in OpenSSH's order: the key files that are named, where the agent has them from there, the agent, the default key files, the password.
 * `broken` is told of a bug on the way, which nobody else would hear of.
 */
export function authentication(credentials: Credentials, broken: (error: unknown) => void): Authentication {
  const queue = candidates(credentials);
  const tale: Tale = { tried: [], problems: [], beyond: [], accepts: null, second: false };
  const offered = new Set<string>();

  async function nextMethod(): Promise<AnyAuthMethod | false> {
    for (let candidate = queue.shift(); candidate !== undefined; candidate = queue.shift()) {
      if (tale.accepts !== null && !tale.accepts.includes(protocolName(candidate))) continue;
      const method = await prepare(candidate, credentials, tale, offered);
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
      tale.accepts = left;
      tale.second = partial === true;
      answer(next).catch(broken);
    },
    fault: () => authFault(credentials.host, tale),
  };
}

function candidates({ host, agentSocket, ask }: Credentials): Candidate[] {
  const { keyFiles: files, ssh } = host;
  const named: Candidate[] = files.map((path) => ({ type: "key", path }));
  const noneNamed = !host.identitiesOnly && ssh.keyFiles === undefined && files.length === 0;
  const usual: Candidate[] = noneNamed ? DEFAULT_KEYS.map((path) => ({ type: "key", path })) : [];
  const known: Candidate[] = agentSocket === undefined || files.length === 0 ? [] : [{ type: "agent", files }];
  const all: Candidate[] = agentSocket === undefined || host.identitiesOnly ? [] : [{ type: "agent" }];
  const secret = host.password !== undefined || ask !== undefined;
  const password: Candidate[] = secret ? [{ type: "password" }] : [];
  const prompt: Candidate[] = secret ? [{ type: "prompt" }] : [];
  // What a host asks may be more than a password: ssh lets it ask first.
  const secrets = host.password === undefined ? [...prompt, ...password] : [...password, ...prompt];
  return inWantedOrder([...known, ...named, ...all, ...usual, ...secrets], host);
}

/** As PreferredAuthentications and the switches of single methods want it. */
function inWantedOrder(queue: readonly Candidate[], { ssh }: Target): Candidate[] {
  const { methods } = ssh;
  const off: Readonly<Record<string, boolean>> = {
    publickey: ssh.publicKeys === false,
    password: ssh.passwords === false,
    "keyboard-interactive": ssh.prompts === false,
  };
  const rank = (candidate: Candidate): number => methods?.indexOf(protocolName(candidate)) ?? 0;
  return queue
    .filter((candidate) => off[protocolName(candidate)] !== true && rank(candidate) >= 0)
    .toSorted((a, b) => rank(a) - rank(b));
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
  credentials: Credentials,
  tale: Tale,
  offered: Set<string>,
): Promise<AnyAuthMethod | undefined> {
  const { host } = credentials;
  const username = host.user;
  // Who has no password is asked only for what comes after something that was accepted: a wrong key must not ask a person for each host.
  const nobody = host.password === undefined && !tale.second && !credentials.asks;
  switch (candidate.type) {
    case "key":
      return withFile(candidate.path, credentials, tale, offered);
    case "agent":
      return withAgent(candidate.files, credentials, tale, offered);
    case "password": {
      const password = nobody ? undefined : (host.password ?? (await asked(credentials)));
      if (password === undefined) return undefined;
      tale.tried.push("password");
      return { type: "password", username, password: password.reveal() };
    }
    case "prompt": {
      if (nobody) return undefined;
      if (host.password !== undefined && !tale.tried.includes("password")) tale.tried.push("password");
      const told = (problem: Asked): void => void (tale.asked = problem);
      return { type: "keyboard-interactive", username, prompt: answers(credentials, told) };
    }
  }
}

async function asked({ host, ask, pause }: Credentials): Promise<Awaited<ReturnType<Ask>>> {
  return pause(ask?.(`Password of ${host.user}@${host.name}`).catch(() => undefined) ?? Promise.resolve(undefined));
}

async function withFile(
  path: string,
  { host, keys, pause }: Credentials,
  { tried, problems, beyond }: Tale,
  offered: Set<string>,
): Promise<AnyAuthMethod | undefined> {
  const own = host.keyFiles.includes(path);
  const shown = keys.shown(path);
  const blob = await keys.publicOf(path);
  if (await isThere(`${path}-cert.pub`)) beyond.push(`the certificate ${shown}-cert.pub`);
  if (blob !== undefined && offered.has(blob.toString("base64"))) return undefined;
  const key = await pause(keys.load(path));
  if ("missing" in key) {
    if (own) problems.push(`${path} is not there`);
    return undefined;
  }
  if ("problem" in key) {
    problems.push(`${shown} ${key.problem}`);
    if (key.problem === "is a FIDO key") beyond.push("FIDO keys");
    return undefined;
  }
  tried.push(shown);
  return { type: "publickey", username: host.user, key };
}

async function withAgent(
  files: readonly string[] | undefined,
  { host, keys, agentSocket = "", agentKeys }: Credentials,
  { tried, problems, beyond }: Tale,
  offered: Set<string>,
): Promise<AnyAuthMethod | undefined> {
  const held = await agentKeys();
  if (held === undefined) {
    if (files === undefined) problems.push("the agent does not answer");
    return undefined;
  }
  const wanted = await Promise.all((files ?? []).map(async (file) => [file, await keys.publicOf(file)] as const));
  const named = wanted.filter(([, blob]) => blob !== undefined && held.blobs.some((own) => own.equals(blob)));
  const blobs = files === undefined ? held.blobs : named.flatMap(([, blob]) => blob ?? []);
  const fresh = blobs.filter((blob) => !offered.has(blob.toString("base64")));
  for (const blob of fresh) offered.add(blob.toString("base64"));
  if (files === undefined) {
    tried.push(`agent: ${held.blobs.length} key${held.blobs.length === 1 ? "" : "s"}`);
    for (const type of new Set(held.others)) beyond.push(`the agent's key ${type}`);
  } else tried.push(...named.map(([file]) => `${keys.shown(file)} in the agent`));
  if (fresh.length === 0) return undefined;
  const { default: ssh2 } = await import("ssh2");
  // It is asked once what it holds; what else it may hold was offered before, or is not wanted.
  const agent = Object.assign(ssh2.createAgent(agentSocket), {
    getIdentities: (tell: (error: undefined, keys: Buffer[]) => void) => tell(undefined, fresh),
  });
  return { type: "agent", username: host.user, agent };
}

function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
