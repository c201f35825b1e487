import type * as z from "zod";
import type { Path } from "../yaml/path.ts";
import type { Dialect } from "./dialect.ts";

type Schema = z.core.$ZodTypes;

/** The keys that a file may have at `path`, where `value` is what stands there; empty where any key may stand. */
export function keysAt(dialect: Dialect, path: Path, value: unknown): readonly string[] {
  return [...new Set(schemasAt(dialect, path).flatMap((schema) => keysOf(schema, value)))];
}

/** The parts of a file (`fix`, `detect`, …) that know a key. */
export function homesOf(dialect: Dialect, key: string): readonly string[] {
  const found = new Set<string>();
  visit(dialect, dialect.schema, dialect.whole, (schema, name) => {
    if (keysOf(schema, undefined).includes(key)) found.add(name);
  });
  return [...found];
}

/** What may stand at a path: of a union, each of its members. */
export function schemasAt({ schema }: Dialect, path: Path): Schema[] {
  return path.reduce<Schema[]>((schemas, part) => schemas.flatMap((each) => child(each, part)), [schema]);
}

function child(schema: Schema, part: string | number): Schema[] {
  return bare(schema).flatMap((each): Schema[] => {
    const def = each._zod.def;
    if (def.type === "object") return Object.hasOwn(def.shape, part) ? [def.shape[part] as Schema] : [];
    if (def.type === "record") return [def.valueType as Schema];
    return def.type === "array" ? [def.element as Schema] : [];
  });
}

/** Without what is only wrapped around: optional, defaults, transformations; a union as its members. */
function bare(schema: Schema): Schema[] {
  const def = schema._zod.def;
  if (def.type === "optional" || def.type === "default" || def.type === "prefault")
    return bare(def.innerType as Schema);
  if (def.type === "pipe") return bare(def.in as Schema);
  return def.type === "union" ? def.options.flatMap((option) => bare(option as Schema)) : [schema];
}

function keysOf(schema: Schema, value: unknown): string[] {
  return bare(schema).flatMap((each) => {
    const def = each._zod.def;
    return def.type === "object" && fits(def.shape, value) ? Object.keys(def.shape) : [];
  });
}

/** Whether a member of a discriminated union is the one that the value names, or the value names none. */
function fits(shape: z.core.$ZodShape, value: unknown): boolean {
  const type = (shape["type"] as Schema | undefined)?._zod.def;
  if (type?.type !== "literal" || typeof value !== "object" || value === null || !("type" in value)) return true;
  return (type.values as unknown[]).includes(value.type);
}

function visit(dialect: Dialect, schema: Schema, name: string, see: (schema: Schema, name: string) => void): void {
  for (const each of bare(schema)) {
    const def = each._zod.def;
    if (def.type === "object") {
      see(each, name);
      for (const [key, inner] of Object.entries(def.shape)) visit(dialect, inner as Schema, `\`${key}\``, see);
    } else if (def.type === "record") visit(dialect, def.valueType as Schema, name, see);
    else if (def.type === "array") {
      const item = dialect.items[name.replaceAll("`", "")];
      visit(dialect, def.element as Schema, item === undefined ? name : `a ${item}`, see);
    }
  }
}
