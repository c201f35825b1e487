/**
 * Ansible's variables that say how a host is reached, under all their names.
 * Where several of one row are set the last one counts, as in Ansible.
 */
export const VARIABLES = {
  address: ["ansible_host", "ansible_ssh_host"],
  port: ["ansible_port", "ansible_ssh_port"],
  user: ["ansible_user", "ansible_ssh_user"],
  password: ["ansible_password", "ansible_ssh_pass", "ansible_ssh_password"],
  keyFile: ["ansible_private_key_file", "ansible_ssh_private_key_file"],
  connection: ["ansible_connection"],
  hostKeyChecking: ["ansible_host_key_checking", "ansible_ssh_host_key_checking"],
  become: ["ansible_become"],
  becomeUser: ["ansible_become_user"],
  becomePassword: ["ansible_become_password", "ansible_become_pass"],
  becomeMethod: ["ansible_become_method"],
  shell: ["ansible_shell_type"],
  compat: ["runbook_compat"],
  ownConnection: ["runbook_connection"],
} as const;

/** The same of becoming another user: each method has names of its own besides. */
export const BECOME = {
  sudo: becomeNames("sudo"),
  su: becomeNames("su"),
  doas: becomeNames("doas"),
} as const;

function becomeNames(method: string): Readonly<Record<"user" | "password" | "exe" | "flags", readonly string[]>> {
  return {
    user: [...VARIABLES.becomeUser, `ansible_${method}_user`],
    password: [...VARIABLES.becomePassword, `ansible_${method}_pass`],
    exe: ["ansible_become_exe", `ansible_${method}_exe`],
    flags: ["ansible_become_flags", `ansible_${method}_flags`],
  };
}

const BECOME_NAMES = Object.values(BECOME).flatMap((names) => Object.values(names).flat());

/** Lines of ssh arguments, in the order in which ssh would meet them; `before` stand before what the variables above say. */
export const ARGUMENTS = {
  before: ["ansible_ssh_args"],
  after: ["ansible_ssh_common_args", "ansible_ssh_extra_args"],
} as const;

/** Variables whose value is never shown. */
export const SECRETS: ReadonlySet<string> = new Set([
  ...VARIABLES.password,
  ...VARIABLES.becomePassword,
  ...Object.values(BECOME).flatMap(({ password }) => password),
  "ansible_ssh_private_key",
  "ansible_private_key",
  "ansible_ssh_private_key_passphrase",
  "ansible_private_key_passphrase",
]);

/** Variables that would change how a host is reached, and are refused rather than overlooked. With what to do instead. */
export const REFUSED: ReadonlyMap<string, string> = new Map([
  ["ansible_sudo", "write `ansible_become`"],
  ["ansible_ssh_executable", "where one is started (`runbook_connection: openssh`), it is the `ssh` in the PATH"],
  ["ansible_ssh_pkcs11_provider", "use an agent or a key file"],
  ["ansible_ssh_private_key", "write the key to a file and name it in `ansible_ssh_private_key_file`"],
  ["ansible_private_key", "write the key to a file and name it in `ansible_ssh_private_key_file`"],
  ["ansible_ssh_private_key_passphrase", "load the key into an agent"],
  ["ansible_private_key_passphrase", "load the key into an agent"],
  ["ansible_paramiko_proxy_command", "the host must be reached directly"],
]);

/** Ansible's own variables that change nothing here; they are known so that nobody is told that they are misspelt. */
const IGNORED = [
  "ansible_ssh_timeout",
  "ansible_timeout",
  "ansible_pipelining",
  "ansible_ssh_pipelining",
  "ansible_ssh_retries",
  "ansible_ssh_use_tty",
  "ansible_shell_executable",
  "ansible_control_path",
  "ansible_scp_extra_args",
  "ansible_sftp_extra_args",
  "ansible_group_priority",
];

const USED: readonly string[] = [
  ...Object.values(VARIABLES).flat(),
  ...BECOME_NAMES,
  ...ARGUMENTS.before,
  ...ARGUMENTS.after,
];
const ALL_KNOWN: ReadonlySet<string> = new Set([...USED, ...REFUSED.keys(), ...IGNORED]);

/** The variable that was meant by a name with one slip of the pen in it; undefined for a name that is right, or far from all. */
export function misspelt(name: string): string | undefined {
  if (ALL_KNOWN.has(name) || !/^[a-z]{5,9}[_-]?\w/i.test(name)) return undefined;
  return USED.find((known) => oneSlip(name.toLowerCase().replaceAll("-", "_"), known));
}

/** Whether two words differ by one letter: replaced, left out, added, or swapped with its neighbour. Equal words do too. */
function oneSlip(a: string, b: string): boolean {
  if (a.length > b.length) return oneSlip(b, a);
  let same = 0;
  while (same < a.length && a[same] === b[same]) same += 1;
  const swapped =
    a.slice(same, same + 2) ===
    b
      .slice(same, same + 2)
      .split("")
      .toReversed()
      .join("");
  return (
    a.slice(same + 1) === b.slice(same + 1) ||
    a.slice(same) === b.slice(same + 1) ||
    (swapped && a.slice(same + 2) === b.slice(same + 2))
  );
}
