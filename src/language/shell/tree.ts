/** A variable that a script reads. Offsets count from the beginning of the script. */
export type Reference = {
  readonly name: string;
  readonly at: number;
  readonly length: number;
  /** Where the shell comes to read it: at the `<<` of a here-document, else where it stands. */
  readonly from: number;
  /** `${name:-…}` and its kin get along without a value. */
  readonly optional: boolean;
};

/** One word of a command as it is written; `literal` is its text without quotes, undefined where something is expanded in it. */
export type Word = { readonly raw: string; readonly at: number; readonly literal: string | undefined };

/** A command with its offsets. */
export type Command = { readonly at: number; readonly end: number } & (
  | { readonly kind: "simple"; readonly assignments: readonly Word[]; readonly words: readonly Word[] }
  /** `{ …; }` and `( … )`. */
  | { readonly kind: "group"; readonly body: List }
  /** The branches of an `else` are among `branches`. */
  | { readonly kind: "if"; readonly conditions: readonly List[]; readonly branches: readonly List[] }
  | { readonly kind: "loop"; readonly head: List; readonly body: List }
  | { readonly kind: "case"; readonly subject: Word; readonly branches: readonly CaseBranch[] }
  | { readonly kind: "function"; readonly name: string; readonly body: Command }
  /** `[[ … ]]` and `(( … ))`. */
  | { readonly kind: "test"; readonly opening: "[[" | "((" }
);
/** `pattern | pattern) commands ;;` */
export type CaseBranch = { readonly patterns: readonly Word[]; readonly body: List };

/** Commands joined by `|`. */
export type Pipeline = { readonly negated: boolean; readonly commands: readonly Command[] };

/** Pipelines joined by `&&` and `||`: one operator fewer than pipelines. */
export type AndOr = { readonly pipelines: readonly Pipeline[]; readonly operators: readonly ("&&" | "||")[] };

/** Commands one after the other. */
export type List = readonly AndOr[];

/** A variable that a script sets, and the offset from which on it is set. */
export type Assignment = {
  readonly name: string;
  readonly at: number;
  /** `local`: for the function that it is in and those which that calls. `command`: for what is called with it, as in `x=1 command`. */
  readonly reach: "shell" | "local" | "command";
};

/** A stretch of a script: what runs in a process of its own, so that what is set in it is lost at its end; what runs again and again; or the body of a function. */
export type Region = { readonly kind: "subshell" | "loop" | "function"; readonly start: number; readonly end: number };

/** What is known of a script's variables. */
export type Variables = {
  readonly references: readonly Reference[];
  readonly assignments: readonly Assignment[];
  readonly regions: readonly Region[];
  /** `eval` and `.` may set any name. */
  readonly opaque: boolean;
};

/** What is known of a script from reading it. */
export type ShellScript = Variables & {
  readonly text: string;
  readonly list: List;
  /** The commands inside of `$( … )` and backquotes. */
  readonly substitutions: readonly List[];
  /** Offsets of `<<`. */
  readonly heredocs: readonly number[];
  /** Those that no line ends: offset of `<<`, and what that line would have to be. */
  readonly unclosed: readonly { readonly at: number; readonly end: string }[];
};

/** Every command of a script, those inside of `$( … )` included. */
export function allCommands({ list, substitutions }: Pick<ShellScript, "list" | "substitutions">): readonly Command[] {
  return [list, ...substitutions].flatMap((each) => [...commandsOf(each)]);
}

/** Every command of a list, those inside of others included. */
export function* commandsOf(list: List): Generator<Command> {
  for (const { pipelines } of list) {
    for (const pipeline of pipelines) for (const command of pipeline.commands) yield* withInner(command);
  }
}

function* withInner(command: Command): Generator<Command> {
  yield command;
  switch (command.kind) {
    case "simple":
    case "test":
      return;
    case "group":
      return yield* commandsOf(command.body);
    case "if":
      for (const list of [...command.conditions, ...command.branches]) yield* commandsOf(list);
      return;
    case "loop":
      yield* commandsOf(command.head);
      return yield* commandsOf(command.body);
    case "case":
      for (const branch of command.branches) yield* commandsOf(branch.body);
      return;
    case "function":
      return yield* withInner(command.body);
  }
}
