import { Compat } from "../../model/compat.ts";
import type { Host } from "../../model/inventory.ts";
import type { SshSettings } from "../../model/ssh.ts";
import { isSecret, Secret } from "../../model/secret.ts";
import { didYouMean } from "../suggest.ts";
import { nameError, userError } from "./address.ts";
import { becomeMeans, becomeNames } from "./become.ts";
import type { DraftHost, Variable } from "./draft.ts";
import { opensshArguments } from "./openssh.ts";
import { absolutePath, markTemplates, type Directories } from "./path.ts";
import {
  checked,
  complain,
  expected,
  find,
  flag,
  OPENLY,
  port,
  secret,
  text,
  type Complaint,
  type Names,
  type Reader,
} from "./reader.ts";
import { later } from "./refusal.ts";
import { readSshArguments } from "./ssh.ts";
import type { SshOptions } from "./ssh-options.ts";
import { ARGUMENTS, REFUSED, SECRETS, VARIABLES } from "./variables.ts";

/** What is read as ssh: Ansible's other ways to reach a host over SSH. */
const CONNECTIONS: Readonly<Record<string, Host["connection"]>> = {
  ssh: "ssh",
  smart: "ssh",
  paramiko: "ssh",
  paramiko_ssh: "ssh",
  local: "local",
};

/** `runbook_connection`, which counts before Ansible's. */
const OWN_CONNECTIONS: Readonly<Record<string, Host["connection"]>> = {
  ssh: "ssh",
  openssh: "openssh",
  local: "local",
};

/** Turns a host's merged variables into what a connection needs to know, with every complaint about them. */
export function compileHost(
  draft: DraftHost,
  groups: readonly string[],
  vars: ReadonlyMap<string, Variable>,
  where: { readonly cwd: string; readonly home: string },
): { readonly host: Host; readonly complaints: readonly Complaint[] } {
  const reader: Reader = { vars, complaints: [] };
  const directories: Directories = { ...where, inventory: draft.directory };
  refuse(reader);
  const kind = connection(reader);
  // What is said of SSH for every host does not concern this machine itself.
  const ssh: SshOptions = kind === "local" ? {} : readSsh(reader, directories, kind === "openssh");
  const become = becomeNames(reader);
  const host: Host = {
    name: draft.name,
    groups,
    vars: Object.fromEntries(Array.from(vars, ([name, { value }]) => [name, veiled(name, value)])),
    connection: kind,
    ...defined("windows", windowsShell(reader, kind)),
    address: checked(reader, VARIABLES.address, nameError) ?? draft.name,
    port: ssh.port ?? 22,
    user: ssh.user,
    password: secret(reader, VARIABLES.password),
    keyFiles: ssh.keyFiles ?? [],
    identitiesOnly: ssh.identitiesOnly ?? false,
    userKnownHosts: ssh.userKnownHosts,
    globalKnownHosts: ssh.globalKnownHosts,
    hostKeyChecking: ssh.hostKeyChecking,
    become: flag(reader, VARIABLES.become),
    becomeUser: checked(reader, become.user, userError),
    becomePassword: secret(reader, become.password),
    ...defined("becomeMeans", becomeMeans(reader)),
    ...(kind === "local" ? {} : defined("compat", compat(reader))),
    ...furtherSettings(ssh),
    ...(kind === "openssh" ? { sshArguments: opensshArguments(reader, directories) } : {}),
  };
  return { host, complaints: reader.complaints };
}

/** Options in the order in which Ansible hands them to ssh, where the first one counts. `verbatim`: ssh reads lines of arguments itself. */
function readSsh(reader: Reader, directories: Directories, verbatim: boolean): SshOptions {
  const options: SshOptions = {};
  const read = (names: Names): void => {
    if (verbatim) return;
    for (const name of names) {
      const line = text(reader, [name]) ?? "";
      for (const refusal of readSshArguments(line, options, directories)) complain(reader, name, refusal);
    }
  };
  read(ARGUMENTS.before);
  const own: SshOptions = {
    ...(flag(reader, VARIABLES.hostKeyChecking) === false ? { hostKeyChecking: "off" } : {}),
    ...defined("port", port(reader, VARIABLES.port)),
    ...defined("user", checked(reader, VARIABLES.user, userError)),
  };
  Object.assign(options, { ...own, ...options });
  const key = keyFile(reader, directories);
  if (key !== undefined) options.keyFiles = [...(options.keyFiles ?? []), key];
  read(ARGUMENTS.after);
  return options;
}

/** What is said beside what every host has; and the usual where it is said expressly, since ssh's own configuration must not change it. */
function furtherSettings(options: SshOptions): { readonly ssh?: SshSettings } {
  const { port, user: _user, keyFiles, identitiesOnly, hostKeyChecking: _checking, ...others } = options;
  const { userKnownHosts: _own, globalKnownHosts: _global, ...more } = others;
  const ssh: SshSettings = {
    ...more,
    ...(port === 22 && { port }),
    ...(keyFiles?.length === 0 && { keyFiles }),
    ...(identitiesOnly === false && { identitiesOnly }),
  };
  return Object.keys(ssh).length === 0 ? {} : { ssh };
}

function defined<K extends string, V>(key: K, value: V | undefined): { [key in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [key in K]?: V });
}

function keyFile(reader: Reader, directories: Directories): string | undefined {
  const [name, variable] = find(reader, VARIABLES.keyFile);
  if (variable === undefined) return undefined;
  if (isSecret(variable.value)) {
    complain(reader, name, { message: "it is encrypted, and it would be shown", hint: OPENLY, later: true });
    return undefined;
  }
  if (typeof variable.value !== "string") return expected(reader, name, variable, "the path of a file");
  if (variable.value === "") return undefined;
  const marked = markTemplates(variable.value);
  const path = typeof marked === "string" ? absolutePath(marked, directories) : marked;
  if (typeof path === "string") return path;
  complain(reader, name, path);
  return undefined;
}

function refuse(reader: Reader): void {
  for (const [name, hint] of REFUSED) {
    const value = reader.vars.get(name)?.value ?? "";
    if (value !== "" && value !== false) complain(reader, name, later(name, hint));
  }
}

/** The default shell of a Windows host: there is no other sign of one. */
function windowsShell(reader: Reader, kind: Host["connection"]): Host["windows"] {
  const shell = text(reader, VARIABLES.shell)?.replace("ansible.builtin.", "");
  if (shell === undefined || shell === "sh") return undefined;
  if (shell !== "cmd" && shell !== "powershell") {
    complain(reader, "ansible_shell_type", later(`the shell type ${shell}`, "only sh, cmd and powershell are"));
    return undefined;
  }
  if (kind === "local")
    complain(reader, "ansible_shell_type", later(`the shell type ${shell} on this machine`, "leave it out"));
  const [become, variable] = find(reader, VARIABLES.become);
  if (variable !== undefined && flag({ ...reader, complaints: [] }, VARIABLES.become) === true) {
    complain(reader, become, later("becoming another user on Windows", RUNAS));
  }
  return shell;
}

const RUNAS = "log in as who may do it: over SSH an administrator has all rights at once";

function connection(reader: Reader): Host["connection"] {
  const own = text(reader, VARIABLES.ownConnection);
  const value = (own ?? text(reader, VARIABLES.connection) ?? "ssh").replace("ansible.builtin.", "");
  const known = own === undefined ? CONNECTIONS : OWN_CONNECTIONS;
  const kind = Object.hasOwn(known, value) ? known[value] : undefined;
  if (kind !== undefined) return kind;
  if (own !== undefined) {
    const hint = didYouMean(own, Object.keys(known)) ?? `write ${Object.keys(known).join(", ")}, or leave it out`;
    complain(reader, "runbook_connection", { message: `\`${own}\` is no connection`, hint });
  } else if (value === "openssh") {
    // In a file that serves Ansible, too, it would break that.
    complain(reader, "ansible_connection", {
      message: "Ansible has no `openssh`",
      hint: "write `runbook_connection: openssh`",
    });
  } else complain(reader, "ansible_connection", later(`the connection ${value}`, "only ssh and local are"));
  return "ssh";
}

function compat(reader: Reader): Host["compat"] {
  const value = text(reader, VARIABLES.compat);
  const read = Compat.safeParse(value);
  if (value === undefined || read.success) return read.data;
  const hint = didYouMean(value, Compat.options) ?? `write ${Compat.options.join(", ")}, or leave it out`;
  complain(reader, "runbook_compat", { message: `\`${value}\` is no kind of old server`, hint });
  return undefined;
}

function veiled(name: string, value: unknown): unknown {
  return SECRETS.has(name) && typeof value === "string" ? new Secret(value) : value;
}
