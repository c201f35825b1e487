import * as z from "zod";
import { Cell } from "./finding.ts";
import { about, Slug, VariableName } from "./words.ts";

/** A shell that the scripts of a case run under. */
export const CaseShell = z.enum(["dash", "bash", "busybox"]);
export type CaseShell = z.infer<typeof CaseShell>;

const AbsolutePath = z
  .string()
  .regex(/^\/(?!.*(?:^|\/)\.{1,2}(?:\/|$))[^\0]+$/, "expected an absolute path, without . and .. in it");

const FilePath = AbsolutePath.regex(/[^/]$/, "expected the path of a file, without a / at its end");

const Mode = z.string().regex(/^[0-7]{3,4}$/, 'expected a mode such as "0755"');

/** One path of a host made of data. */
export const CaseFile = z
  .union([
    z.string(),
    z.null(),
    z.strictObject({
      text: z.string().optional().meta(about("What is in the file.")),
      link: z.string().min(1).optional().meta(about("A symbolic link to there, whether or not that exists.")),
      fifo: z.literal(true).optional().meta(about("Whoever opens it hangs.")),
      mode: Mode.optional(),
    }),
  ])
  .meta(about("The text of a file; `{ link: … }`; null: it is not there. A path that ends in / is a directory."));
export type CaseFile = z.infer<typeof CaseFile>;

const Files = z.record(AbsolutePath, CaseFile);

/** One process of a host made of data: what /proc tells of it. */
export const CaseProcess = z.union([
  z.null(),
  z.strictObject({
    name: z.string().min(1).meta(about("The name of its program; the kernel keeps 15 bytes of it.")),
    args: z
      .union([z.string(), z.array(z.string())])
      .optional()
      .meta(
        about("Its command line: words, or a text that blanks part (default: its name). []: a thread of the kernel."),
      ),
    parent: z.int().nonnegative().default(1),
    started: z.int().nonnegative().default(1000).meta(about("Clock ticks since boot.")),
    state: z
      .string()
      .regex(/^[A-Z]$/, "expected a letter such as S, D or Z")
      .default("S"),
    cgroup: z.string().optional().meta(about("The lines of /proc/PID/cgroup.")),
    open: z
      .record(z.string().regex(/^\d+$/, "expected the number of a descriptor"), z.string())
      .default({})
      .meta(about("Descriptor → where its link leads; the other end of `path (deleted)` may be among the files.")),
    catches: z.array(z.int().min(1).max(64)).default([]).meta(about("Signals that it has an answer to (SigCgt).")),
  }),
]);
export type CaseProcess = z.infer<typeof CaseProcess>;

const Processes = z
  .record(z.string().regex(/^[1-9]\d*$/, "expected the number of a process"), CaseProcess)
  .meta(about("Process → what /proc tells of it: stat, status, comm, cmdline, cgroup, fd."));

const printed = {
  out: z.string().optional().meta(about("What it prints.")),
  err: z.string().optional().meta(about("What it prints on stderr.")),
  exit: z.int().min(0).max(255).optional().meta(about("How it exits (0).")),
};

/** What a command says to some arguments, and what comes of that. */
export const CommandAnswer = z.strictObject({
  ...printed,
  show: AbsolutePath.optional().meta(about("It prints what is in this file of the host, as it is then.")),
  hang: z.literal(true).optional().meta(about("It never answers.")),
  real: z.literal(true).optional().meta(about("The machine's own tool answers; for the base tools only.")),
  files: Files.optional().meta(about("Files that it leaves changed behind: path → text, null removes it.")),
  processes: Processes.optional().meta(about("Processes that are there, or with null not there, from then on.")),
});
export type CommandAnswer = z.infer<typeof CommandAnswer>;

const CommandAnswers = z
  .union([z.string(), CommandAnswer, z.array(z.union([z.string(), CommandAnswer])).min(1)])
  .meta(about("What it prints; or { out, err, exit, files, hang, real }; or a list of these, one after the other."));

/** A command of a host made of data. */
export const CaseCommand = z
  .union([z.string(), z.null(), z.record(z.string(), CommandAnswers)])
  .meta(
    about(
      "What it prints; or arguments (a pattern of the shell) → answer, the first that fits; null: it is not there.",
    ),
  );
export type CaseCommand = z.infer<typeof CaseCommand>;

const CommandName = z
  .string()
  .regex(/^(?:\/(?:[\w.+-]+\/)+)?[A-Za-z0-9_[][\w.+-]*$/, "expected the name of a command, or its absolute path");
const Commands = z.record(CommandName, CaseCommand);

/** What a script of the runbook is taken to have printed. */
export const ScriptAnswer = z.strictObject({
  ...printed,
  ends: z.enum(["timed-out", "lost"]).optional().meta(about("Its time was up, or the connection was lost.")),
});
export type ScriptAnswer = z.infer<typeof ScriptAnswer>;

const ScriptAnswers = z
  .union([z.string(), ScriptAnswer, z.array(z.union([z.string(), ScriptAnswer])).min(1)])
  .meta(about("What it printed; or { out, err, exit, ends }; or a list of these, one each time it runs."));
export type ScriptAnswers = z.infer<typeof ScriptAnswers>;

/** The scripts of a step that a case may answer for. */
export const StepScripts = z.strictObject({
  applies: ScriptAnswers.optional(),
  detect: ScriptAnswers.optional(),
  preview: ScriptAnswers.optional(),
  guard: ScriptAnswers.optional(),
  fix: ScriptAnswers.optional(),
  verify: ScriptAnswers.optional(),
  rollback: ScriptAnswers.optional(),
});

const Recorded = z
  .strictObject({
    applies: ScriptAnswers.optional(),
    facts: z.record(VariableName, ScriptAnswers).default({}),
    steps: z.record(Slug, StepScripts).default({}),
  })
  .meta(about("What scripts printed, in place of running them."));

/** What is compared with a text: all of it, a part, or (between slashes) a regular expression. */
const Wanted = z.string().min(1).meta(about("A part of the text, or a regular expression between slashes."));

const Outcomes = z.enum([
  "clear",
  "found",
  "unknown",
  "skipped",
  "fixed",
  "failed",
  "rolled-back",
  "in-doubt",
  "waiting",
]);

const WantedFindings = z
  .array(z.union([z.string(), z.record(VariableName, Cell)]))
  .meta(about("Every finding in its order: the columns that are to be compared. bytes: 2GiB, durations: 5m."));

/** What a step must come to. */
export const StepExpectation = z.union([
  Outcomes,
  z.strictObject({
    outcome: Outcomes,
    reason: Wanted.optional().meta(about("Why: a part of it, or /a regular expression/.")),
    findings: WantedFindings.optional(),
    exact: z.boolean().optional().meta(about("The findings have no other columns than those named.")),
    preview: Wanted.optional().meta(about("What the preview prints.")),
    guard: z
      .union([z.literal("go"), Wanted])
      .optional()
      .meta(about("go, or why the guard put the fix off.")),
    fixes: z
      .array(z.record(VariableName, Cell))
      .optional()
      .meta(about("Each time that the fix ran: the variables it got, as far as they are to be compared.")),
    fix: Wanted.optional().meta(about("What the fix printed.")),
    rollback: Wanted.optional().meta(about("What the rollback printed.")),
    ran: z
      .array(z.string())
      .optional()
      .meta(
        about(
          "Calls of the case's commands by fix and rollback, with their arguments: these, in this order, among others.",
        ),
      ),
    never: z
      .array(z.string())
      .optional()
      .meta(about("Calls that fix and rollback must not make; * stands for anything.")),
    left: z
      .record(FilePath, z.union([z.string(), z.null(), z.strictObject({ text: z.string() })]))
      .optional()
      .meta(about("Files as they must be at the end; null: nothing is there.")),
  }),
]);
export type StepExpectation = z.infer<typeof StepExpectation>;

const world = {
  files: Files.default({}).meta(about("Path → text: all that the host has beside the base tools.")),
  processes: Processes.default({}).meta(about("Processes of the host; null: that one is not there.")),
  commands: Commands.default({}).meta(about("Commands that the host has, with what they answer.")),
  inputs: z
    .record(VariableName, z.union([z.string(), z.number(), z.boolean()]))
    .default({})
    .meta(about("Values of the runbook's inputs.")),
  shells: z
    .array(CaseShell)
    .min(1)
    .optional()
    .meta(about("Only under these shells (default: all that are installed).")),
};

/** One case: a host, and what the runbook must make of it. */
export const Case = z.strictObject({
  title: z.string().min(1).max(200).meta(about("What is so on this host: a sentence.")),
  odd: z
    .boolean()
    .default(false)
    .meta(about("What the host says is strange, and must not be misread; counts for coverage.")),
  ...world,
  scripts: Recorded.prefault({}),
  fix: z.literal("run").optional().meta(about("Approve what is found, and run guard, fix, proof and rollback.")),
  reboot: z
    .strictObject({ files: Files.default({}), processes: Processes.default({}), commands: Commands.default({}) })
    .optional()
    .meta(about("What is otherwise on the host once it was booted by a fix.")),
  expect: z
    .record(z.union([Slug, z.literal("*")]), StepExpectation)
    .refine((steps) => Object.keys(steps).length > 0, "expected at least one step")
    .meta(about("Step → what it must come to; only these steps run. '*' stands for all others.")),
});
export type Case = z.infer<typeof Case>;

/** A file of cases: what its hosts have in common, and the cases. */
export const CaseSheet = z.strictObject({
  about: z.string().optional().meta(about("What these cases are about.")),
  ...world,
  cases: z.array(Case).min(1).max(500).meta(about("Hosts, and what the runbook must make of each.")),
});
export type CaseSheet = z.infer<typeof CaseSheet>;
