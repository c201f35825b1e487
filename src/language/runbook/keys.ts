import type { z } from "zod";
import { Runbook } from "../../model/runbook.ts";
import type { Path } from "../yaml/yaml.ts";

type Schema = z.core.$ZodTypes;

/** The keys that a runbook may have at `path`, where `value` is what stands there; empty where any key may stand. */
export function keysAt(path: Path, value: unknown): readonly string[] {
  return [...new Set(schemasAt(path).flatMap((schema) => keysOf(schema, value)))];
}

/** The parts of a runbook (`fix`, `detect`, …) that know a key. */
export function homesOf(key: string): readonly string[] {
  return [...(HOMES.get(key) ?? [])];
}

const HOMES = homes();

function homes(): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  visit(Runbook, "the runbook", (schema, name) => {
    for (const key of keysOf(schema, undefined)) found.set(key, (found.get(key) ?? new Set()).add(name));
  });
  return found;
}

function schemasAt(path: Path): Schema[] {
  return path.reduce<Schema[]>((schemas, part) => schemas.flatMap((schema) => child(schema, part)), [Runbook]);
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

function visit(schema: Schema, name: string, see: (schema: Schema, name: string) => void): void {
  for (const each of bare(schema)) {
    const def = each._zod.def;
    if (def.type === "object") {
      see(each, name);
      for (const [key, inner] of Object.entries(def.shape)) visit(inner as Schema, `\`${key}\``, see);
    } else if (def.type === "record") visit(def.valueType as Schema, name, see);
    else if (def.type === "array") visit(def.element as Schema, name === "`steps`" ? "a step" : name, see);
  }
}
