/** Where an exported schedule lives, and what its command is given. */
export type ExportPlace = {
  /** The program and its first arguments: absolute paths. */
  readonly program: readonly string[];
  /** Where the file of schedules stands, in which everything in it begins. */
  readonly directory: string;
  /** The file of schedules. */
  readonly source: string;
  /** Where files are written to: an absolute path. */
  readonly to: string;
  /** Where runs are on record: an absolute path. */
  readonly state: string;
  /** Whose logins and keys it uses. */
  readonly user: string;
  /** Variables of ours that say where runbooks, policies and waivers lie. */
  readonly variables: Readonly<Record<string, string>>;
  readonly now: number;
  /** The time zone of this machine. */
  readonly zone: string;
};

/** Files by name, what they cannot say, or why there are none. */
export type Exported =
  | { readonly files: ReadonlyMap<string, string>; readonly losses: readonly string[] }
  | { readonly refusals: readonly string[] };
