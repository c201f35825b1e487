import { swept } from "./sweep.ts";
import type { Assignment, Reference, Region, Variables } from "./tree.ts";

/** Why what a script sets somewhere is not there where it is read. */
export type Unset = {
  readonly assignment: Assignment;
  /** `later`: it is set after that; `lost`: in a process that has ended by then; `local`: in a function, or for one command only. */
  readonly why: "later" | "lost" | "local";
};

/** Whether a script's variable may have a value where it is read; undefined where nothing sets it at all. */
export function setBefore(script: Variables, reference: Reference): true | Unset | undefined {
  const all = indexOf(script).assignments.get(reference.name) ?? [];
  // Whoever calls a function may have set anything, and in any order.
  if (isInFunction(script, reference)) return all.length > 0 ? true : undefined;
  let unset: Unset | undefined;
  // What stands nearest before it is the likeliest: from there backwards, then from the end.
  const nearest = firstFrom(all, ({ assignment }) => assignment.at, reference.at + 1) - 1;
  for (let step = 0; step < all.length; step += 1) {
    const each = all.at(nearest - step);
    if (each === undefined) continue;
    const why = unsetAt(each, reference);
    if (why === undefined) return true;
    unset ??= { assignment: each.assignment, why };
  }
  return unset;
}

/** Whether it is a function that reads a variable. */
export function isInFunction(script: Variables, { at, from }: Pick<Reference, "at" | "from">): boolean {
  const { functions } = indexOf(script);
  return isWithin(functions, at) || isWithin(functions, from);
}

/** What a script leaves set for whatever comes after it; `calling`: for functions that are called from it. */
export function leaves(script: Variables, name: string, calling: boolean): boolean {
  const all = indexOf(script).assignments.get(name) ?? [];
  return calling ? all.length > 0 : all.some((each) => unsetAt(each, END) === undefined);
}

/** Behind all of a script. */
const END = { at: Infinity, from: Infinity };

/** An assignment, and the regions that it stands in. */
type Set = { readonly assignment: Assignment; readonly around: readonly Region[] };

type Index = {
  /** By name. */
  readonly assignments: ReadonlyMap<string, readonly Set[]>;
  /** The outermost functions, in order. */
  readonly functions: readonly Region[];
};

const indices = new WeakMap<Variables, Index>();

/** What is looked up again and again, since scripts may be long. */
function indexOf(script: Variables): Index {
  const known = indices.get(script);
  if (known !== undefined) return known;
  const assignments = new Map<string, Set[]>();
  // What ends a region still belongs to it.
  for (const { thing: assignment, around } of swept(script.regions, script.assignments, ({ at }) => at - 1)) {
    const all = assignments.get(assignment.name) ?? [];
    all.push({ assignment, around });
    assignments.set(assignment.name, all);
  }
  const functions: Region[] = [];
  for (const region of script.regions.toSorted((a, b) => a.start - b.start || b.end - a.end))
    if (region.kind === "function" && region.start >= (functions.at(-1)?.end ?? 0)) functions.push(region);
  const index = { assignments, functions };
  indices.set(script, index);
  return index;
}

function unsetAt({ assignment, around }: Set, where: Pick<Reference, "at" | "from">): Unset["why"] | undefined {
  const { at, reach } = assignment;
  const shares = (region: Region): boolean => covers(region, where.at) || covers(region, where.from);
  if (reach === "command" || (reach === "local" && around.some(({ kind }) => kind === "function"))) return "local";
  if (around.some((region) => region.kind === "subshell" && !shares(region))) return "lost";
  if (at <= where.at || around.some((region) => region.kind === "loop" && shares(region))) return undefined;
  return "later";
}

/** Whether one of some regions in order that do not overlap covers an offset. */
function isWithin(regions: readonly Region[], offset: number): boolean {
  const region = regions[firstFrom(regions, ({ start }) => start, offset + 1) - 1];
  return region !== undefined && covers(region, offset);
}

/** The index of the first of some things in order that is not before an offset. */
function firstFrom<T>(all: readonly T[], from: (each: T) => number, offset: number): number {
  let [low, high] = [0, all.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const each = all[middle];
    if (each !== undefined && from(each) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

function covers({ start, end }: Region, offset: number): boolean {
  return start <= offset && offset < end;
}
