import type { Assignment, Reference, Region, Variables } from "./tree.ts";

/** Why what a script sets somewhere is not there where it is read. */
export type Unset = {
  readonly assignment: Assignment;
  /** `later`: it is set after that; `lost`: in a process that has ended by then; `local`: in a function, or for one command only. */
  readonly why: "later" | "lost" | "local";
};

/** Whether a script's variable may have a value where it is read; undefined where nothing sets it at all. */
export function setBefore(script: Variables, reference: Reference): true | Unset | undefined {
  const all = script.assignments.filter(({ name }) => name === reference.name);
  // Whoever calls a function may have set anything, and in any order.
  if (isInside(script, "function", reference.at)) return all.length > 0 ? true : undefined;
  let unset: Unset | undefined;
  for (const assignment of all) {
    const why = unsetAt(script, assignment, reference.at);
    if (why === undefined) return true;
    unset ??= { assignment, why };
  }
  return unset;
}

/** Whether a function's own code stands at an offset. */
export function isInFunction(script: Variables, offset: number): boolean {
  return isInside(script, "function", offset);
}

/** What a script leaves set for whatever comes after it; `calling`: for functions that are called from it. */
export function leaves(script: Variables, name: string, calling: boolean): boolean {
  return script.assignments.some(
    (each) => each.name === name && (calling || unsetAt(script, each, Infinity) === undefined),
  );
}

function unsetAt(script: Variables, { at, reach }: Assignment, offset: number): Unset["why"] | undefined {
  if (reach === "command" || (reach === "local" && isInside(script, "function", at))) return "local";
  // One that ends a stretch still belongs to it.
  const around = script.regions.filter((region) => covers(region, at - 1));
  if (around.some((region) => region.kind === "subshell" && !covers(region, offset))) return "lost";
  if (at <= offset || around.some((region) => region.kind === "loop" && covers(region, offset))) return undefined;
  return "later";
}

function isInside({ regions }: Variables, kind: Region["kind"], offset: number): boolean {
  return regions.some((region) => region.kind === kind && covers(region, offset));
}

function covers({ start, end }: Region, offset: number): boolean {
  return start <= offset && offset < end;
}
