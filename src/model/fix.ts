import * as z from "zod";
import { Risk } from "./approval.ts";
import { Duration } from "./measure.ts";
import { about, Label, Script, VariableName } from "./words.ts";

/** What mends: a script, a boot of the host, or a person. */
export const FixKind = z.enum(["run", "reboot", "manual"]);
export type FixKind = z.infer<typeof FixKind>;

/** Seconds that a fix may take, and that a host may take to come back from a reboot, where the runbook says nothing of it. */
const FIX_TIMEOUT = 300;
const REBOOT_TIMEOUT = 600;
const WHOLE: "finding" | "host" = "host";

const KernelName = z.string().regex(/^[a-z][a-z0-9_]*$/, "expected the name of an input or a fact, not a version");

const Reboot = z
  .union([z.literal(true), z.strictObject({ kernel: KernelName.optional() })])
  .meta(
    about(
      "The host is booted, and must come back as itself. kernel: the input or fact that names the kernel it must run then.",
    ),
  );

const FixKeys = z.strictObject({
  risk: Risk.meta(about("How much harm the fix can do when it goes wrong.")),
  summary: Label.optional().meta(about("What the fix does, for the person who approves.")),
  preview: Script.optional().meta(about("Read-only: prints what would change.")),
  guard: Script.optional().meta(
    about("Read-only, right before each fix: exit 0 goes, else the fix is deferred with stdout as the reason."),
  ),
  approvals: z
    .int()
    .min(1)
    .max(20)
    .optional()
    .meta(about("Different people who must say yes, each with a signature (default 1). A policy can only want more.")),
  run: Script.optional().meta(about("The script that fixes it.")),
  reboot: Reboot.optional(),
  manual: z.string().min(1).optional().meta(about("What a person must do.")),
  per: z
    .enum(["finding", "host"])
    .default("finding")
    .meta(about("finding: once for each, its columns are variables. host: once, all lines in `$findings`.")),
  once_per: VariableName.optional().meta(
    about("A fact: of all hosts with the same value of it (the nodes of a cluster) one does the fix."),
  ),
  timeout: Duration.optional().meta(
    about("How long the fix may take (default 5m), or the host to come back from a reboot (default 10m)."),
  ),
  on_timeout: z
    .enum(["leave", "kill"])
    .default("leave")
    .meta(about("leave: it goes on and the step is in doubt. kill: its processes are ended.")),
});

/** How a finding is mended. A reboot mends a host whole, and takes longer. */
export const Fix = FixKeys.transform(({ timeout, ...fix }) =>
  fix.reboot === undefined
    ? { ...fix, timeout: timeout ?? FIX_TIMEOUT }
    : { ...fix, timeout: timeout ?? REBOOT_TIMEOUT, per: WHOLE },
);
export type Fix = z.infer<typeof Fix>;

/** The input or fact that names the kernel which a reboot must bring; null: whichever comes. */
export function kernelOf({ reboot }: Fix): string | null {
  return typeof reboot === "object" ? (reboot.kernel ?? null) : null;
}

/** How the fix is proven. */
export const Verify = z.strictObject({
  run: Script.optional().meta(about("Must exit 0 once the findings are gone.")),
  within: Duration.default(60).meta(about("How long the findings may take to go away (default 60s).")),
  every: Duration.default(2).meta(about("Pause between the looks (default 2s).")),
  stable_for: Duration.optional().meta(about("Look once more after this time.")),
});
export type Verify = z.infer<typeof Verify>;

/** How a fix is proven where the runbook says nothing of it. */
export const VERIFY_DEFAULTS: Verify = Verify.parse({});

/** How what a fix did is undone. */
export const Rollback = z.strictObject({
  run: Script.meta(about("Puts the host back as it was; `$keep` holds what the fix saved.")),
  timeout: Duration.default(300).meta(about("How long the rollback may take (default 5m).")),
  unless_reconnect: Duration.optional().meta(
    about("The host runs it by itself, unless somebody has logged in anew within this time of the fix's end."),
  ),
});
