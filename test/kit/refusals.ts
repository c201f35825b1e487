import type { Fault } from "../../src/model/fault.ts";
import type { BecomeMeans, Host } from "../../src/model/inventory.ts";
import { Secret } from "../../src/model/secret.ts";
import { connected, plainSsh, script, told } from "./connections.ts";
import type { OwnEtc, User } from "./own-etc.ts";
import { PASSWORD } from "./user.ts";

/** The right password of whoever there is. */
export const RIGHT = new Secret(PASSWORD);
export const WRONG = new Secret("wrong");

/** What is done in a case beyond asking for a shell of root. */
export type Asked = {
  readonly become?: string;
  /** What happens between the login and the script. */
  readonly meanwhile?: () => void;
  /** Seconds that are waited. */
  readonly patience?: number;
};

/** How a case differs from a user who gives the right password: who logs in, the host entry, and what is to be undone. */
export type Arranged = Asked & { readonly user?: User; readonly over?: Partial<Host>; readonly undo?: Disposable };

/** Why no shell is given, with its hint. */
export type Case = readonly [message: RegExp, hint: RegExp, arrange: () => Arranged];

/** A way to become another user, from the PATH or from elsewhere. */
export function means(method: BecomeMeans["method"], program: string = method): BecomeMeans {
  return { method, program, flags: [] };
}

/** Why a script as another user does not begin; the host is fit for others then. */
export async function refusal(host: Host, { become = "root", meanwhile, patience }: Asked = {}): Promise<Fault> {
  const connector = plainSsh(patience === undefined ? {} : { shellPatience: patience });
  await using connection = await connected(connector, host);
  meanwhile?.();
  const ended = await connection.run(script("echo never", { become }));
  if (ended.kind !== "refused") throw new Error(told(ended).end);
  if (ended.fault.kind !== "privilege") throw new Error(ended.fault.kind);
  const next = told(await connection.run(script("echo next"))).stdout;
  if (next !== "next\n") throw new Error(next);
  return ended.fault;
}

/** The fault of one case. */
export async function faultOf(there: OwnEtc, arranged: Arranged, base: Partial<Host> = {}): Promise<Fault> {
  const { user = there.user(), over, undo } = arranged;
  try {
    return await refusal(user.host({ becomePassword: RIGHT, ...base, ...over }), arranged);
  } finally {
    undo?.[Symbol.dispose]();
    there.remove(`sudoers.d/${user.name}`);
  }
}
