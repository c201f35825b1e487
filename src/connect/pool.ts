import type { Fault } from "../model/fault.ts";
import { isFault } from "../model/fault.ts";
import type { BecomeMeans } from "../model/inventory.ts";
import type { Secret } from "../model/secret.ts";
import type { Wire } from "../model/wire.ts";
import type { Script } from "../run/ports.ts";
import { SUDO } from "../script/become.ts";
import type { Purpose } from "../script/session.ts";
import type { Manner } from "./become/become.ts";
import { PATIENCE } from "./hearing.ts";
import type { OpenPipe } from "./pipe.ts";
import { openSession, type Session, type Wanted } from "./session.ts";
import { within } from "./within.ts";

/** A login that can start processes: what SSH and the local machine each bring. */
export type Login = {
  readonly open: OpenPipe;
  /** The login user's name: to become them takes no sudo. */
  readonly user: string;
  readonly becomePassword: Secret | undefined;
  /** Absent: sudo. */
  readonly becomeMeans?: BecomeMeans | undefined;
  /** Absent where nothing was agreed on by us. */
  readonly wire?: Wire | undefined;
  /** Seconds that a shell may take to answer; absent: as usual. */
  readonly patience?: number | undefined;
  alive(): boolean;
  /** Ends it; settles when it has ended, and never rejects. */
  close(): Promise<void>;
};

/** What of a script decides which session it runs in. */
export type Need = Pick<Script, "shell" | "become" | "late">;

/** `reused`: it has run other scripts before. */
export type Taken = { readonly session: Session; readonly reused: boolean };

/** The sessions of one login. Those that look are kept for the next script of their kind; every script that writes gets its own. */
export type Pool = {
  /** A session for a script. */
  take(need: Need): Promise<Taken | Fault>;
  /** Keeps a session for later. `soiled` is asked then: something may have been printed in between. */
  keep(need: Need, session: Session, soiled: () => boolean): void;
  /** Tells all waiting sessions to end. */
  close(): void;
};

type Waiting = { readonly session: Session; readonly soiled: () => boolean };

/** Tries for a channel after waiting sessions were ended: the host frees their places a little later. */
const CHANNEL_TRIES = 20;
const CHANNEL_PAUSE = 100;
/** ms that a session which was told to end is waited for. */
const GOODBYE = 2000;

const FULL: Fault = {
  kind: "session",
  message: "the host grants no further channel (MaxSessions), and those in use are not ours to close",
  hint: "A fix that was left running may still hold the only one.",
};

const NO_ROOM_FOR_TERMINAL: Fault = {
  kind: "session",
  message: "becoming another user there takes a terminal, for which the host grants no further channel (MaxSessions)",
  hint: "With two at a time it goes; or allow it without a terminal (sudo: `Defaults:USER !requiretty`; doas: `nopass`).",
};

const NO_POWERSHELL: Fault = {
  kind: "session",
  message: "this is a script for PowerShell, and the inventory does not say that the host runs Windows",
  hint: "`ansible_shell_type: cmd` (or `powershell`, where that is the DefaultShell of its sshd) says so.",
};

/** A pool without any session yet. */
export function sessionPool(login: Login): Pool {
  const idle = new Map<string, Waiting>();
  const refused = new Map<string | null, Fault>();
  const manners = new Map<string, Manner>();

  async function waitingFor(need: Need): Promise<Session | undefined> {
    const waiting = need.late === "end" ? idle.get(keyOf(need)) : undefined;
    if (waiting === undefined) return undefined;
    idle.delete(keyOf(need));
    if (!waiting.soiled()) return waiting.session;
    await endSession(waiting.session);
    return undefined;
  }

  /** Where the host grants no further channel, waiting sessions make room. */
  async function openWithRoom(wanted: Wanted): Promise<Session | Fault> {
    let session = await openSession(login.open, wanted);
    if (session !== "full") return session;
    const waiting = [...idle.values()];
    idle.clear();
    await Promise.all(waiting.map((each) => endSession(each.session)));
    for (let tries = 0; session === "full" && tries < CHANNEL_TRIES; tries++) {
      await new Promise((resolve) => setTimeout(resolve, CHANNEL_PAUSE));
      session = await openSession(login.open, wanted);
    }
    if (session !== "full") return session;
    return wanted.user !== null && manners.get(wanted.user)?.terminal === true ? NO_ROOM_FOR_TERMINAL : FULL;
  }

  return {
    async take(need) {
      const waiting = await waitingFor(need);
      if (waiting !== undefined) return { session: waiting, reused: true };
      const known = refused.get(need.become);
      if (known !== undefined) return known;
      const { shell } = need;
      if (shell === "powershell") return NO_POWERSHELL;
      const session = await openWithRoom({ ...wantedFor({ ...need, shell }, login), manners });
      if (!isFault(session)) return { session, reused: false };
      // A wrong password is not tried again on this host: some lock the account after a few.
      if (session.kind === "privilege") refused.set(need.become, session);
      return session;
    },
    keep(need, session, soiled) {
      idle.set(keyOf(need), { session, soiled });
    },
    close() {
      for (const { session } of idle.values()) session.pipe.end();
      idle.clear();
    },
  };
}

/** Ends a session that only looks and everything in it. */
export async function endSession(session: Session): Promise<void> {
  session.pipe.end();
  await within(GOODBYE, session.pipe.ended);
  session.pipe.abandon();
}

function keyOf(need: Need): string {
  return `${need.shell} ${need.become ?? ""}`;
}

function wantedFor(need: Need & Pick<Wanted, "shell">, login: Login): Omit<Wanted, "manners"> {
  const user = need.become === login.user ? null : need.become;
  return {
    shell: need.shell,
    user,
    means: login.becomeMeans ?? SUDO,
    password: user === null ? undefined : login.becomePassword,
    purpose: purposeOf(need),
    patience: login.patience ?? PATIENCE,
  };
}

function purposeOf(need: Need): Purpose {
  switch (need.late) {
    case "end":
      return "look";
    case "kill":
      return "write-killable";
    case "leave":
      return "write";
  }
}
