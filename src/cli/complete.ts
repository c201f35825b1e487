import type { Argument, CommandUnknownOpts, Option } from "@commander-js/extra-typings";

/** What stands on an unfinished command line before the word that is being written. */
export type Line = {
  readonly command: CommandUnknownOpts;
  /** Long name of an option → its last value. */
  readonly options: ReadonlyMap<string, string>;
  /** Arguments of the command so far. */
  readonly args: readonly string[];
  /** The option whose value comes next; null: an argument or another option. */
  readonly pending: Option | null;
  /** `--` has been said: options are arguments from here on. */
  readonly dashes: boolean;
};

/** Reads words as commander would, as far as they go. */
export function readLine(program: CommandUnknownOpts, words: readonly string[]): Line {
  let command = program;
  let pending: Option | null = null;
  let dashes = false;
  const options = new Map<string, string>();
  const args: string[] = [];
  const take = (option: Option, value: string): void => void options.set(option.long ?? "", value);
  for (const word of words) {
    const value: Option | null = pending;
    pending = null;
    if (value !== null && (value.required || !word.startsWith("-"))) take(value, word);
    else if (dashes) args.push(word);
    else if (word === "--") dashes = true;
    else if (/^-./.test(word)) {
      const found = optionIn(command, word);
      if (found?.value === undefined) pending = found?.option ?? null;
      else take(found.option, found.value);
    } else {
      const sub: CommandUnknownOpts | undefined = args.length > 0 ? undefined : subcommand(command, word);
      if (sub === undefined) args.push(word);
      else command = sub;
    }
  }
  return { command, options, args, pending, dashes };
}

function subcommand(command: CommandUnknownOpts, word: string): CommandUnknownOpts | undefined {
  return command.commands.find((one) => one.name() === word || one.aliases().includes(word));
}

/** The command itself, and the one that it does where none of its own is named. */
function meant(command: CommandUnknownOpts): readonly CommandUnknownOpts[] {
  const name: unknown = Reflect.get(command, "_defaultCommandName");
  const usual = typeof name === "string" ? subcommand(command, name) : undefined;
  return usual === undefined ? [command] : [command, usual];
}

function visible(command: CommandUnknownOpts): Option[] {
  return meant(command).flatMap((one) => one.createHelp().visibleOptions(one));
}

/** The option of a word that wants a value, with the value where the word has it: `--input=x`, `-ihosts`, `-nb`. */
function optionIn(command: CommandUnknownOpts, word: string): { option: Option; value?: string } | null {
  const options = visible(command);
  if (word.startsWith("--")) {
    const [name, ...rest] = word.split("=");
    const option = options.find(({ long }) => long === name);
    if (option === undefined || option.isBoolean()) return null;
    return rest.length === 0 ? { option } : { option, value: rest.join("=") };
  }
  for (let at = 1; at < word.length; at += 1) {
    const option = options.find(({ short }) => short === `-${word.charAt(at)}`);
    if (option === undefined) return null;
    const rest = word.slice(at + 1);
    if (!option.isBoolean()) return rest === "" ? { option } : { option, value: rest };
  }
  return null;
}

/** What may be written next: one of these words, or a value of something. */
export type Wanted =
  | { readonly kind: "words"; readonly words: readonly Word[] }
  /** `what` is what help calls it; `before` is the part of the word that stays as it is: `--input=`. */
  | {
      readonly kind: "value";
      readonly what: string;
      readonly choices: readonly string[];
      readonly before: string;
    };

/** A word to offer, with what help says of it. */
export type Word = { readonly word: string; readonly about: string };

/** What may stand where a word is being written. */
export function wantedOn(line: Line, word: string): Wanted {
  const { command, pending, dashes, args } = line;
  if (pending !== null && (pending.required || !word.startsWith("-"))) return valueOf(pending, "");
  if (word.startsWith("-") && !dashes) {
    const found = word.includes("=") ? optionIn(command, word) : null;
    return found === null
      ? { kind: "words", words: optionWords(command) }
      : valueOf(found.option, `${word.split("=", 1)[0]}=`);
  }
  if (args.length === 0 && command.commands.length > 0) return { kind: "words", words: commandWords(command) };
  const own = meant(command).at(-1)?.registeredArguments ?? [];
  const last = own.at(-1);
  const argument: Argument | undefined = own[args.length] ?? (last?.variadic === true ? last : undefined);
  if (argument === undefined) return { kind: "words", words: [] };
  return { kind: "value", what: argument.name(), choices: argument.argChoices ?? [], before: "" };
}

function valueOf({ flags, argChoices = [] }: Option, before: string): Wanted {
  return { kind: "value", what: metavarOf(flags), choices: argChoices, before };
}

/** What help calls the value of an option: `file` of `--report <file>`. */
export function metavarOf(flags: string): string {
  return /[<[]([^>\].]+)/.exec(flags)?.[1] ?? "";
}

function optionWords(command: CommandUnknownOpts): Word[] {
  const words = visible(command).map(({ long, short, description }) => ({
    word: long ?? short ?? "",
    about: description,
  }));
  return [...new Map(words.map((one) => [one.word, one])).values()];
}

function commandWords(command: CommandUnknownOpts): Word[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((one) => ({ word: one.name(), about: one.description() }));
}
