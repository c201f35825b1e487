import { parseBytes, parseDuration, parsePercent } from "./quantity.ts";
import type { Input } from "./runbook.ts";

/** An input's value as its scripts see it (seconds, bytes, bare numbers, `true`), or what is wrong with it. */
export type InputValue =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly expected: string };

/** Reads the value of an input, as YAML or the command line gives it. */
export function readInput(input: Input, raw: unknown): InputValue {
  const text =
    typeof raw === "string" ? raw : typeof raw === "number" || typeof raw === "boolean" ? String(raw) : undefined;
  if (text === undefined) return { ok: false, expected: wording(input) };
  if (text.includes("\0")) return { ok: false, expected: "a text without NUL" };
  switch (input.type) {
    case "string":
      return matches(input.pattern, text)
        ? { ok: true, text }
        : { ok: false, expected: `a text that matches ${input.pattern}` };
    case "choice":
      return input.choices.includes(text) ? { ok: true, text } : { ok: false, expected: wording(input) };
    case "boolean":
      return text === "true" || text === "false" ? { ok: true, text } : { ok: false, expected: wording(input) };
    case "integer":
    case "number":
    case "duration":
    case "bytes":
    case "percent":
      return numeric(input, text);
  }
}

type Numeric = Extract<Input, { min?: number | undefined }>;

function numeric(input: Numeric, text: string): InputValue {
  const value = toNumber(input.type, text);
  if (value === undefined) return { ok: false, expected: wording(input) };
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = input;
  if (value >= min && value <= max) return { ok: true, text: String(value) };
  return { ok: false, expected: `${wording(input)} ${limits(input)}` };
}

function toNumber(type: Numeric["type"], text: string): number | undefined {
  switch (type) {
    case "integer":
      return /^-?\d{1,15}$/.test(text) ? Number(text) : undefined;
    case "number":
      return /^-?\d{1,15}(\.\d+)?$/.test(text) ? Number(text) : undefined;
    case "duration":
      return parseDuration(text);
    case "bytes":
      return parseBytes(text);
    case "percent":
      return parsePercent(text);
  }
}

function matches(pattern: string | undefined, text: string): boolean {
  return pattern === undefined || wholePattern(pattern).test(text);
}

/** The expression that a whole value must match; throws a SyntaxError when the pattern is none. */
export function wholePattern(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`, "u");
}

/** What an input takes, to stand after "expected": `an integer`, `one of a, b`. */
function wording(input: Input): string {
  switch (input.type) {
    case "string":
      return "a text";
    case "integer":
      return "a whole number";
    case "number":
      return "a number";
    case "boolean":
      return "true or false";
    case "duration":
      return "a duration such as 30s, 5m or 1h30m";
    case "bytes":
      return "a size such as 512, 10M or 1.5 GiB";
    case "percent":
      return "a percentage such as 85 or 85%";
    case "choice":
      return `one of ${input.choices.join(", ")}`;
  }
}

function limits({ min, max, type }: Numeric): string {
  const unit = type === "duration" ? " seconds" : type === "bytes" ? " bytes" : "";
  if (min === undefined) return `of at most ${max}${unit}`;
  return max === undefined ? `of at least ${min}${unit}` : `from ${min} to ${max}${unit}`;
}
