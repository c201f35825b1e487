import { faultReason } from "../engine/ailment.ts";
import type { EventOf } from "../model/event.ts";
import { counted } from "../view/words.ts";
import { foldHosts, nameless } from "../view/hosts.ts";
import type { LogLine } from "./line.ts";

/** Tells the fault of the first host at once, and of the others with the same cause how many they are. */
export type FaultTeller = {
  /** The lines for one more host that was not reached; none while its cause has been told. */
  readonly tell: (event: EventOf<"unreachable">) => LogLine[];
  /** The lines for all who were not told, once no more are to come. */
  readonly rest: () => LogLine[];
};

/** A teller that remembers what it has told. */
export function faultTeller(): FaultTeller {
  const told = new Map<string, { readonly first: string; readonly others: string[] }>();
  return {
    tell: ({ host, fault }) => {
      const cause = `${fault.kind}: ${nameless(fault.message, host)}`;
      const before = told.get(cause);
      if (before !== undefined) {
        before.others.push(host);
        return [];
      }
      told.set(cause, { first: host, others: [] });
      const hint = fault.hint === undefined ? [] : [line(host, "", fault.hint)];
      return [line(host, "unreachable", faultReason(fault).replace(/^unreachable: /, "")), ...hint];
    },
    rest: () =>
      [...told.values()].flatMap(({ first, others }) => {
        if (others.length === 0) return [];
        const who = `${counted(others.length, "more host")} for the same reason as ${first}: ${foldHosts(others)}`;
        return [line("", "unreachable", who)];
      }),
  };
}

function line(host: string, word: string, rest: string): LogLine {
  return { host, step: "", word, style: word === "" ? "dim" : "magenta", rest };
}
