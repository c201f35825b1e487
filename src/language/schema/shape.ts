import type * as z from "zod";
import type { Fault } from "../../model/fault.ts";
import type { Path } from "../yaml/path.ts";
import type { ReadYaml, Yaml } from "../yaml/yaml.ts";
import { certain } from "./certain.ts";
import type { Dialect } from "./dialect.ts";
import { asMeant, meantBy, misnamedIn, namesOf, withMeant } from "./meant.ts";
import { salvage, type StandIns } from "./salvage.ts";
import { pathOf, schemaFaults } from "./schema-faults.ts";

/** What became of a document that was held against its schema. */
export type Shaped<T> = {
  /** The document with misnamed keys called as they were meant; undefined where there is none. */
  readonly yaml?: Yaml;
  /** Whether more than one item of what is vital may lack something, or more may follow: what the items mean together is not known. */
  readonly vague: boolean;
  /** What the schema makes of it, or of what is right in it; undefined where too little is. */
  readonly draft?: T;
  /** Where the draft is not what the file says. */
  readonly broken: readonly Path[];
  /** What stands in the file and could not be read: see `ReadYaml`. */
  readonly lost: readonly Path[];
  /** What is wrong with the document as YAML, with the names of its keys, and by the schema. */
  readonly faults: readonly Fault[];
};

/** How a kind of file is read: the parts of a file without which nothing can be said of the rest, and what stands in for what is missing. */
export type Form<T> = {
  readonly dialect: Dialect;
  readonly schema: z.ZodType<T>;
  /** The key at the top without which nothing can be said, such as `rules`; null: there is none. */
  readonly vital: string | null;
  readonly standIns: StandIns;
};

/** Names that are put right one inside of the other: no file of ours is deeper. */
const DEEPEST = 8;

/** Holds a document against its schema. A key whose name is wrong is read as the one that it was meant to be, so that what is wrong in its value is told in the same go. */
export function shape<T>({ dialect, schema, vital, standIns }: Form<T>, read: ReadYaml): Shaped<T> {
  const { yaml } = read;
  let { head = yaml, open, lost = [] } = read;
  if (head === undefined) return { vague: true, broken: [], lost, faults: read.faults };
  const cut = yaml === undefined;
  // Neither what is not known nor what it was perhaps meant to be is missing.
  const whole = head.value;
  lost = lost.flatMap((path) => {
    const meant = meantBy(dialect, whole, path.slice(0, -1), String(path.at(-1)));
    return path.length === 0 || meant === undefined ? [path] : [path, [...path.slice(0, -1), meant]];
  });
  const told: Fault[] = [];
  for (let depth = 0; ; depth += 1) {
    const parsed = schema.safeParse(head.value);
    const issues = certain(parsed.error?.issues ?? [], head.value, { ...(open === undefined ? {} : { open }), lost });
    const renamed = depth < DEEPEST ? misnamedIn(dialect, head.value, issues) : [];
    if (renamed.length === 0) {
      const faults = [...read.faults, ...told, ...schemaFaults(dialect, head, issues)];
      const draft = parsed.success ? parsed.data : salvage(schema, head.value, vital, standIns);
      const more = cut && open !== undefined ? [["<<"], open] : [];
      const broken = [...(parsed.error?.issues.map(pathOf) ?? []), ...lost];
      const vague = cut || lost.some((path) => path[0] !== vital || path.length < 3);
      return {
        yaml: head,
        vague,
        ...(draft === undefined ? {} : { draft }),
        broken,
        lost: [...lost, ...more],
        faults,
      };
    }
    told.push(
      ...schemaFaults(
        dialect,
        head,
        renamed.map(({ issue }) => issue),
      ),
    );
    const names = namesOf(renamed);
    head = withMeant(head, names);
    open = open === undefined ? undefined : asMeant(names, open);
    lost = lost.map((path) => asMeant(names, path));
  }
}
