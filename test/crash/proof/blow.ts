import type { Way } from "../../kit/relay.ts";
import { luckOf } from "../../kit/answers.ts";
import { BOOTS } from "./boots.ts";
import { FILES } from "./files.ts";
import type { Scene } from "./scene.ts";

/** All that is struck. */
export const SCENES: readonly Scene[] = [FILES, BOOTS];

/** A blow to a scene. */
export type Case = { readonly scene: Scene; readonly blow: Blow };

/** What happens to a run; times in ms since its first process was started, bytes counted by the host's relay. */
export type Blow =
  /** The command is killed right before or after an entry is on its record. */
  | { readonly kind: "event"; readonly when: "before" | "after"; readonly seq: number }
  /** It is killed at these moments: the first process, then each one that goes on. */
  | { readonly kind: "moment"; readonly ms: readonly number[] }
  | { readonly kind: "cut"; readonly host: string; readonly way: Way; readonly bytes: readonly number[] }
  /** The processes in which sshd serves the logins on a host are killed. */
  | { readonly kind: "hangup"; readonly host: string; readonly ms: number }
  /** They are stopped, and go on after a while. */
  | { readonly kind: "freeze"; readonly host: string; readonly ms: number; readonly lasts: number }
  /** A host loses its power and is booted after a while. `at`: ms, or a moment of the scene. `alone`: the command is killed with it. */
  | {
      readonly kind: "reboot";
      readonly host: string;
      readonly at: number | string;
      readonly lasts: number;
      readonly alone: boolean;
    };

/** A case as one word, from which it can be dealt again. */
export function wordOf({ scene, blow }: Case): string {
  return `${scene.name}/${blowWord(blow)}`;
}

function blowWord(blow: Blow): string {
  switch (blow.kind) {
    case "event":
      return `event:${blow.when}:${blow.seq}`;
    case "moment":
      return `moment:${blow.ms.join("+")}`;
    case "cut":
      return `cut:${blow.host}:${blow.way}:${blow.bytes.join("+")}`;
    case "hangup":
      return `hangup:${blow.host}:${blow.ms}`;
    case "freeze":
      return `freeze:${blow.host}:${blow.ms}:${blow.lasts}`;
    case "reboot":
      return `reboot:${blow.host}:${blow.at}:${blow.lasts}:${blow.alone ? "alone" : "followed"}`;
  }
}

/** The case of a word; null where it is none. */
export function caseOf(word: string): Case | null {
  const [name, rest = ""] = word.split("/");
  const scene = SCENES.find((each) => each.name === name);
  const blow = scene === undefined ? null : blowOf(rest, scene);
  return scene === undefined || blow === null ? null : { scene, blow };
}

function blowOf(word: string, { faults, moments }: Scene): Blow | null {
  const [kind, a = "", b = "", c = "", d = ""] = word.split(":");
  if (kind === "event" && (a === "before" || a === "after")) return { kind, when: a, seq: Number(b) };
  if (kind === "moment") return { kind, ms: numbers(a) };
  if (!(a in faults)) return null;
  if (kind === "cut" && (b === "up" || b === "down")) return { kind, host: a, way: b, bytes: numbers(c) };
  if (kind === "hangup") return { kind, host: a, ms: Number(b) };
  if (kind === "freeze") return { kind, host: a, ms: Number(b), lasts: Number(c) };
  if (kind !== "reboot") return null;
  return { kind, host: a, at: b in moments ? b : Number(b), lasts: Number(c), alone: d === "alone" };
}

function numbers(text: string): number[] {
  return text.split("+").map(Number);
}

/** What a run is like where nothing happens to it. */
export type Quiet = {
  readonly entries: number;
  readonly ms: number;
  readonly carried: Readonly<Record<string, Readonly<Record<Way, number>>>>;
};

/** How many of each kind; `events` is every so many entries. */
export type Sizes = {
  readonly events: number;
  readonly moments: number;
  readonly cuts: number;
  readonly hangups: number;
  readonly freezes: number;
  readonly reboots: number;
};

/** The blows of a seed to a scene: the same for the same seed and an equally long quiet run. */
export function casesOf(scene: Scene, seed: number, quiet: Quiet, sizes: Sizes): Case[] {
  const luck = luckOf(seed);
  const below = (limit: number): number => Math.floor(luck() * limit);
  const any = (list: readonly string[]): string => list[below(list.length)] ?? "";
  const anyHost = (): string => any(Object.keys(scene.faults));
  const moments = Object.keys(scene.moments);
  const many = (count: number, make: () => Blow): Blow[] => Array.from({ length: count }, make);
  const from = 1 + below(sizes.events);
  const events = Array.from({ length: Math.ceil(quiet.entries / sizes.events) }, (_, at) => from + at * sizes.events);
  const blows: Blow[] = [
    ...events.flatMap((seq) => (["before", "after"] as const).map((when): Blow => ({ kind: "event", when, seq }))),
    ...many(sizes.moments, () => {
      const ms = below(quiet.ms);
      // Every third is killed again while it goes on.
      return { kind: "moment", ms: below(3) === 0 ? [ms, 150 + below(1500)] : [ms] };
    }),
    ...many(sizes.cuts, () => {
      const host = anyHost();
      const way = below(2) === 0 ? "up" : "down";
      const most = quiet.carried[host]?.[way] ?? 1;
      return { kind: "cut", host, way, bytes: [1 + below(most), ...(below(2) === 0 ? [1 + below(most)] : [])] };
    }),
    ...many(sizes.hangups, () => ({ kind: "hangup", host: anyHost(), ms: below(quiet.ms) })),
    ...many(sizes.freezes, () => ({ kind: "freeze", host: anyHost(), ms: below(quiet.ms), lasts: 200 + below(4000) })),
    ...many(sizes.reboots, () => {
      const at = below(2) === 0 ? any(moments) : below(quiet.ms);
      return { kind: "reboot", host: anyHost(), at, lasts: 100 + below(2500), alone: below(2) === 0 };
    }),
  ];
  return blows.map((blow) => ({ scene, blow }));
}

/** Cases in an order of the seed: of every kind something comes early, so who ends them before their end has seen them all. */
export function shuffled(cases: readonly Case[], seed: number): Case[] {
  const luck = luckOf(seed);
  const places = cases.map((each) => ({ each, place: luck() }));
  return places.toSorted((one, other) => one.place - other.place).map(({ each }) => each);
}
