import type { Runbook } from "../../model/runbook.ts";
import type { PowershellScript, Stretch } from "../powershell/powershell.ts";
import { readPowershell } from "../powershell/powershell.ts";
import { didYouMean } from "../suggest.ts";
import type { Report } from "./check-report.ts";
import { variablesOf } from "./check-variables.ts";
import { placeIn } from "./script-place.ts";
import type { ScriptAt, ScriptKind } from "./scripts.ts";

/** Variables that PowerShell sets by itself: they look like values of ours and are not. */
const ITS_OWN: ReadonlySet<string> = new Set(
  "args error event host home input matches myinvocation pid profile pwd sender this true false null".split(" "),
);

/** Scripts whose output means something. */
const TOLD: ReadonlySet<ScriptKind> = new Set(["applies", "fact", "detect"]);

/** Checks a PowerShell script as far as reading it tells: that it has an end, which values it takes, and that a look that fails cannot look healthy. */
export function checkPowershell(report: Report, runbook: Runbook, at: ScriptAt): void {
  const script = readPowershell(at.text);
  if ("message" in script) {
    report.faults.push(
      report.yaml.faultAt(placeIn(report, at, script), `${script.message}, and PowerShell would not begin it`),
    );
    return;
  }
  members(report, runbook, at, script);
  variables(report, runbook, at, script);
  if (at.kind === "detect") hiddenFailures(report, at, script);
  if (TOLD.has(at.kind)) forPeople(report, at, script);
}

type Say = (stretch: Stretch, message: string, hint?: string) => void;

function sayTo(report: Report, at: ScriptAt, list: Report["faults"]): Say {
  return (stretch, message, hint) => void list.push(report.yaml.faultAt(placeIn(report, at, stretch), message, hint));
}

/** The members of `$rb` that nothing gives to this script. */
function members(report: Report, runbook: Runbook, at: ScriptAt, script: PowershellScript): void {
  const fault = sayTo(report, at, report.faults);
  const given = variablesOf(report, runbook, at);
  const told = new Set(["psobject", ...given]);
  for (const member of script.members) {
    if (told.has(member.name)) continue;
    told.add(member.name);
    const hint = didYouMean(member.name, given) ?? `this script has ${given.map((name) => `$rb.${name}`).join(", ")}`;
    fault(member, `nothing gives \`$rb.${member.name}\` to this script`, hint);
  }
}

/** Values are members of `$rb`: a variable of that name is PowerShell's own, or nothing. In a string only `$(…)` reads a member. */
function variables(report: Report, runbook: Runbook, at: ScriptAt, script: PowershellScript): void {
  const fault = sayTo(report, at, runbook.functions === undefined ? report.faults : report.warnings);
  const given = new Set(variablesOf(report, runbook, at));
  const told = new Set(script.assigned);
  for (const reference of script.references) {
    const { name } = reference;
    const after = script.text.slice(reference.at + reference.length);
    const [, member] = name === "rb" && script.code[reference.at] === " " ? (/^\.(\w+)/.exec(after) ?? []) : [];
    if (member !== undefined && !told.has(`rb.${member}`)) {
      told.add(`rb.${member}`);
      const message = `in a string \`$rb.${member}\` is all of \`$rb\` and then text`;
      sayTo(report, at, report.faults)(reference, message, `write \`$($rb.${member})\``);
    }
    if (!given.has(name) || told.has(name)) continue;
    told.add(name);
    const what = ITS_OWN.has(name) ? "is PowerShell's own" : "is not set";
    fault(reference, `\`$${name}\` ${what}: values are members of \`$rb\``, `write \`$rb.${name}\``);
  }
}

const SILENT = /(?:-ErrorAction|-EA)[\s:]+(?:SilentlyContinue|Ignore|Continue|0|4)\b/gi;
const EMPTY_CATCH = /\bcatch\s*(?:\[[^\]]*\]\s*)*\{\s*\}/gi;
const PREFERENCE = /\$(?:global:|script:)?ErrorActionPreference\s*=/gi;

/** What lets a failed look pass for a healthy host. */
function hiddenFailures(report: Report, at: ScriptAt, { code }: PowershellScript): void {
  const warn = sayTo(report, at, report.warnings);
  for (const [pattern, what] of [
    [SILENT, "this"],
    [EMPTY_CATCH, "a `catch` without anything in it"],
    [PREFERENCE, "another `$ErrorActionPreference`"],
  ] as const) {
    for (const match of code.matchAll(pattern)) {
      const stretch = { at: match.index, length: match[0].length };
      warn(
        stretch,
        `${what} may make a failure look healthy`,
        "let it fail: then the host is unknown, and its message is shown",
      );
    }
  }
}

/** Commands that print for people's eyes. */
const FOR_PEOPLE: Readonly<Record<string, string>> = {
  "write-host": "PowerShell 2 to 4 print it in the console's code page",
  "format-table": "it prints for people, cut to a width",
  "format-list": "it prints for people, cut to a width",
  "out-host": "it prints for people, cut to a width",
};

function forPeople(report: Report, at: ScriptAt, { words }: PowershellScript): void {
  const warn = sayTo(report, at, report.warnings);
  for (const word of words) {
    const why = Object.hasOwn(FOR_PEOPLE, word.name) ? FOR_PEOPLE[word.name] : undefined;
    if (why === undefined) continue;
    warn(
      word,
      `\`${word.name}\` does not print what is read here: ${why}`,
      "let the script's last value be a text, or use ConvertTo-Json",
    );
  }
}
