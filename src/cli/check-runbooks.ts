import { shelvedRunbooks, type Lookup, type Shelved } from "../load/library.ts";
import { loadRunbook, openRunbook, type Opened } from "../load/runbook.ts";
import type { LeftOut } from "../model/check.ts";
import type { Fault } from "../model/fault.ts";
import type { LoadedRunbook } from "../model/runbook.ts";
import { counted } from "../view/words.ts";

/** Runbooks that can be checked with; and those of the library that cannot, with their mistakes. */
export type Read = {
  readonly loaded: readonly LoadedRunbook[];
  readonly unsound: readonly { readonly left: LeftOut; readonly faults: readonly Fault[] }[];
};

/** The named runbooks, or all that the library has. A mistake in a named one is a fault; one of the others is left out and told. */
export async function readRunbooks(names: readonly string[], at: Lookup): Promise<Read | readonly Fault[]> {
  return names.length > 0 ? namedRunbooks([...new Set(names)], at) : library(at);
}

async function namedRunbooks(names: readonly string[], at: Lookup): Promise<Read | readonly Fault[]> {
  const read = await Promise.all(names.map((name) => loadRunbook(name, at)));
  const faults = read.flatMap((one) => (Array.isArray(one) ? one : []));
  const loaded = read.flatMap((one) => (Array.isArray(one) ? [] : [one]));
  const twice = namesTwice(loaded).map(([name, paths]): Fault => ({
    kind: "usage",
    message: `two of the runbooks are called ${name}: ${paths.join(", ")}`,
  }));
  return faults.length + twice.length > 0 ? [...faults, ...twice] : { loaded, unsound: [] };
}

async function library(at: Lookup): Promise<Read | readonly Fault[]> {
  const shelf = await shelvedRunbooks(at);
  if (shelf.length === 0) {
    return [{ kind: "usage", message: "there are no runbooks here", hint: "`runbook new NAME` begins one" }];
  }
  const opened = await Promise.all(shelf.map(({ path }) => openRunbook(path, at.cwd)));
  const sound = opened.flatMap(({ loaded }) => loaded ?? []);
  const twice = new Map(namesTwice(sound));
  const double = [...twice].map(([name, paths]) => {
    const reason = `the name means several files: ${paths.join(", ")}`;
    return {
      faults: [],
      left: unsound({ name, path: paths[0] ?? "" }, reason, "name the path of the one that is meant"),
    };
  });
  return {
    loaded: sound.filter(({ runbook }) => !twice.has(runbook.name)),
    unsound: [...shelf.flatMap((one, place) => mistaken(one, opened[place])), ...double],
  };
}

function namesTwice(loaded: readonly LoadedRunbook[]): [name: string, paths: string[]][] {
  const names = [...Map.groupBy(loaded, ({ runbook }) => runbook.name)];
  return names.flatMap(([name, some]) => (some.length > 1 ? [[name, some.map(({ path }) => path)]] : []));
}

function mistaken(shelved: Shelved, opened: Opened | undefined): Read["unsound"] {
  if (opened === undefined || opened.loaded !== undefined) return [];
  const { faults } = opened;
  const reason = `${counted(faults.length, "mistake")} in ${shelved.path}`;
  return [{ faults, left: unsound(shelved, reason, "`runbook lint` tells them") }];
}

function unsound({ name, path }: Shelved, reason: string, hint: string): LeftOut {
  return { runbook: name, path, title: "", hosts: [], steps: [], lacks: "soundness", reason, hint };
}
