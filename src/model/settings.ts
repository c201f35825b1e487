import * as z from "zod";
import { Compat } from "./compat.ts";

/** What an inventory says of a host, in parts: where it is and how to log in, as which users, the inputs that it gives, its groups. */
export const HostDigests = z.object({ login: z.string(), user: z.string(), inputs: z.string(), groups: z.string() });
export type HostDigests = z.infer<typeof HostDigests>;

/** What a run that goes on later needs of its command line. Secrets are not in it: they are read again from where they came, or asked for. */
export const RunSettings = z.object({
  /** The working directory: relative names below begin there. */
  cwd: z.string(),
  /** `-i`, or what stood for it. */
  inventories: z.array(z.string()),
  /** SHA-256 (hex) of all that the inventory said of the run's hosts, secrets left out. */
  inventoryDigest: z.string(),
  /** Host → digests of parts of that, to tell which has changed; absent from records older than this word. */
  hostDigests: z.record(z.string(), HostDigests).optional(),
  /** Host → the kind of old server that the inventory says it is: it may be logged in to with old algorithms. */
  compat: z.record(z.string(), Compat).optional(),
  /** `--vault-password-file`: where the passwords are, never what they are. */
  vaultPasswordFiles: z.array(z.string()).optional(),
  user: z.string().optional(),
  privateKey: z.string().optional(),
  /** `--ssh-config`. */
  sshConfig: z.string().optional(),
  become: z.boolean(),
  askPass: z.boolean(),
  askBecomePass: z.boolean(),
  acceptNewHostKeys: z.boolean(),
  /** False: `--no-jobs`. */
  jobs: z.boolean().default(true),
  /** `--policy`. */
  policy: z.string().optional(),
  /** Input → where its secret value came from: `@file` or `env:NAME`. */
  secretInputs: z.record(z.string(), z.string()),
  /** Other inputs that the command line gave; absent from records older than this word. */
  givenInputs: z.array(z.string()).optional(),
});
export type RunSettings = z.infer<typeof RunSettings>;
