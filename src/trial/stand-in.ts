import { quote } from "../script/quote.ts";
import type { Thing } from "./world.ts";
import { changesOf, wholeLines, type Answering } from "./world.ts";

/** Where a host made of data keeps what its stand-ins are made of. */
export const BACKSTAGE = "/.case";

/** A stand-in for a command: its text, and the files that it prints, by their name behind the stage. */
export type StandIn = { readonly text: string; readonly files: ReadonlyMap<string, string> };

/** The stand-in of a command: it notes how it was called, and answers as the case says. */
export function standIn(name: string, answering: readonly Answering[], ordinal: number): StandIn {
  const files = new Map<string, string>();
  const keep = (key: string, text: string): string => {
    files.set(`answers/${ordinal}.${key}`, text);
    return `${BACKSTAGE}/answers/${ordinal}.${key}`;
  };
  const bare = name.slice(name.lastIndexOf("/") + 1);
  const arms = answering.map(({ pattern, answers }, at) => {
    const single = answers.map((answer, nth) => `${nth + 1}) ${act(bare, answer, `${at}.${nth}`, keep)} ;;`);
    const last = answers.length;
    const counter = `${BACKSTAGE}/counts/${ordinal}.${at}`;
    const turn =
      last === 1
        ? "n=1"
        : `n=0; [ ! -e ${counter} ] || read -r n <${counter}; n=$((n + 1)); echo $n >${counter}; [ $n -le ${last} ] || n=${last}`;
    return `${shellPattern(pattern)}) ${turn}\n  case $n in\n  ${single.join("\n  ")}\n  esac ;;`;
  });
  const unknown = `*) printf '%s\\n' "$call" >>${BACKSTAGE}/unanswered; printf '%s\\n' "the case has no answer for: $call" >&2; exit 127 ;;`;
  const text = `#!${BACKSTAGE}/sh
PATH=${BACKSTAGE}/tools
call=${quote(bare)}\${*:+ $*}
printf '%s\\n' "$call" >>${BACKSTAGE}/calls
case $* in
${[...arms, unknown].join("\n")}
esac
`;
  return { text, files };
}

/** Everything but `*` and `?` stands for itself. */
function shellPattern(pattern: string): string {
  const parts = pattern.split(/([*?])/);
  const text = parts.map((part, at) => (at % 2 === 1 ? part : part === "" ? "" : quote(part))).join("");
  return text === "" ? "''" : text;
}

function act(
  name: string,
  answer: Answering["answers"][number],
  key: string,
  keep: (key: string, text: string) => string,
): string {
  const { files = {}, processes = {} } = answer;
  const changes = changesOf({ files, processes }).map(([path, thing], at) => change(path, thing, `${key}.${at}`, keep));
  if (answer.real === true) return [...changes, `exec ${BACKSTAGE}/tools/${name} "$@"`].join("; ");
  const said = [
    ...(answer.err === undefined ? [] : [`cat ${keep(`${key}.err`, wholeLines(answer.err))} >&2`]),
    ...(answer.show === undefined ? [] : [`cat ${quote(answer.show)}`]),
    ...(answer.out === undefined ? [] : [`cat ${keep(`${key}.out`, wholeLines(answer.out))}`]),
  ];
  const end = answer.hang === true ? "exec sleep 100000" : `exit ${answer.exit ?? 0}`;
  return [...changes, ...said, end].join("; ");
}

function change(path: string, thing: Thing | null, key: string, keep: (key: string, text: string) => string): string {
  const at = quote(path);
  if (thing === null) return `rm -rf ${at}`;
  const parent = `mkdir -p ${quote(path.slice(0, path.lastIndexOf("/")) || "/")}`;
  switch (thing.kind) {
    case "directory":
      return `mkdir -p ${at}`;
    case "link":
      return `${parent}; ln -sfn ${quote(thing.to)} ${at}`;
    case "fifo":
      return `${parent}; rm -f ${at}; mkfifo ${at}`;
    case "file":
      return `${parent}; cat ${keep(`${key}.file`, thing.text)} >${at}`;
  }
}
