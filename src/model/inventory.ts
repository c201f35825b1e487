import type { Compat } from "./compat.ts";
import type { Fault } from "./fault.ts";
import type { Secret } from "./secret.ts";
import type { SshSettings } from "./ssh.ts";

/** How host keys are checked: `strict` refuses unknown ones, `accept-new` learns them, `off` accepts all (an inventory must say so). */
export type HostKeyChecking = "strict" | "accept-new" | "off";

/** How another user is become: by which program, found where, and with which flags besides our own. */
export type BecomeMeans = {
  readonly method: "sudo" | "su" | "doas";
  /** A name in the host's PATH, or a path there. */
  readonly program: string;
  readonly flags: readonly string[];
};

/** One host of the inventory with all its variables merged: what a connection needs to know, and what runbook inputs may take from it. */
export type Host = {
  /** The inventory's name for it: what the user types and reads. */
  readonly name: string;
  /** Every group it is in, `all` first. */
  readonly groups: readonly string[];
  /** Merged variables as the inventory wrote them, connection variables included. */
  readonly vars: Readonly<Record<string, unknown>>;
  /** `openssh`: by the system's `ssh`, not by our own. */
  readonly connection: "ssh" | "openssh" | "local";
  /** The default shell of its sshd, where it runs Windows; absent: its shell is a POSIX one. */
  readonly windows?: "cmd" | "powershell";
  readonly address: string;
  readonly port: number;
  /** Undefined: the user who runs us. */
  readonly user: string | undefined;
  readonly password: Secret | undefined;
  readonly keyFiles: readonly string[];
  /** From `-o IdentitiesOnly=yes`: no agent, no default keys. */
  readonly identitiesOnly: boolean;
  /** From `-o UserKnownHostsFile=…`; undefined: `~/.ssh/known_hosts`. `-o GlobalKnownHostsFile` likewise. */
  readonly userKnownHosts: readonly string[] | undefined;
  readonly globalKnownHosts: readonly string[] | undefined;
  readonly hostKeyChecking: HostKeyChecking | undefined;
  /** What is said of SSH beside that. */
  readonly ssh?: SshSettings;
  /** For `openssh` alone, word by word: what Ansible gives ssh before what is said above, and after it. */
  readonly sshArguments?: { readonly before: readonly string[]; readonly after: readonly string[] };
  /** `ansible_become`; undefined where the inventory is silent. */
  readonly become: boolean | undefined;
  readonly becomeUser: string | undefined;
  readonly becomePassword: Secret | undefined;
  /** `runbook_compat`: the host may be logged in to with old algorithms. */
  readonly compat?: Compat;
  /** Absent: sudo from the PATH, without flags. */
  readonly becomeMeans?: BecomeMeans;
  /** Its connection needs what is not supported yet: it must not be connected to, and `selectHosts` refuses it with this. */
  readonly refused?: Fault;
};

/** A host's variable that does not do for an input of a runbook. */
export type Unfit = {
  readonly host: string;
  readonly name: string;
  readonly message: string;
  readonly hint?: string;
};

/** Hosts and groups of one or more inventories. */
export type Inventory = {
  readonly hosts: ReadonlyMap<string, Host>;
  /** Group name → its hosts' names in the inventory's order, children included; `all` and `ungrouped` are always there. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
};
