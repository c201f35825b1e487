/** Hosts that one name may stand for. */
export const MAX_RANGE = 100_000;

/** Why a name with a range cannot be expanded, and what to write instead. */
export type BadRange = { readonly error: string; readonly hint: string };

const RANGE_HINT = "a range is [begin:end] or [begin:end:step], as in web[01:20] or db[a:f]";
const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** Writes out Ansible's ranges (`web[01:20]`, `db[a:f]`, `n[0:10:5]`, several in a name): every name in order, the last range fastest. */
export function expandRange(name: string): string[] | BadRange {
  const parts = name.split(/(\[[^[\]]*\])/);
  const choices: string[][] = [];
  for (const [index, part] of parts.entries()) {
    const choice = index % 2 === 0 ? literal(name, part) : range(name, part.slice(1, -1));
    if ("error" in choice) return choice;
    choices.push(choice);
    const count = choices.reduce((product, each) => product * each.length, 1);
    if (count > MAX_RANGE) return tooMany(name);
  }
  return choices.reduce((names, choice) => names.flatMap((start) => choice.map((end) => start + end)), [""]);
}

function literal(name: string, part: string): string[] | BadRange {
  return /[[\]]/.test(part) ? { error: `\`${name}\` has a bracket without its other half`, hint: RANGE_HINT } : [part];
}

function range(name: string, inside: string): string[] | BadRange {
  const [begin = "", end = "", step = "1", ...rest] = inside.split(":");
  const wrong = (error: string, hint = RANGE_HINT): BadRange => ({
    error: `[${inside}] in \`${name}\` ${error}`,
    hint,
  });
  if (!inside.includes(":") || rest.length > 0) return wrong("is no range");
  if (end === "") return wrong("does not say where it ends");
  if (!/^\d{1,9}$/.test(step) || Number(step) === 0) return wrong("has a step that is no positive number");
  if (/^[a-z]$/i.test(begin) && /^[a-z]$/i.test(end)) {
    const letters = LETTERS.slice(LETTERS.indexOf(begin), LETTERS.indexOf(end) + 1);
    if (letters === "") return wrong("ends before it begins");
    return Array.from(letters).filter((_, index) => index % Number(step) === 0);
  }
  if (!/^\d{0,15}$/.test(begin) || !/^\d{1,15}$/.test(end))
    return wrong("must go from number to number or from letter to letter");
  return numbers(name, begin === "" ? "0" : begin, end, Number(step), wrong);
}

function numbers(
  name: string,
  begin: string,
  end: string,
  step: number,
  wrong: (error: string, hint?: string) => BadRange,
): string[] | BadRange {
  const padded = begin.length > 1 && begin.startsWith("0");
  if (padded && begin.length !== end.length) {
    const fixed = end.padStart(begin.length, "0");
    return wrong(
      "begins with a zero, so both ends must be equally long",
      `write [${begin}:${fixed}] or leave out the zeros`,
    );
  }
  const [from, to] = [Number(begin), Number(end)];
  if (from > to) return wrong("ends before it begins");
  const count = Math.floor((to - from) / step) + 1;
  if (count > MAX_RANGE) return tooMany(name);
  return Array.from({ length: count }, (_, index) =>
    String(from + index * step).padStart(padded ? begin.length : 0, "0"),
  );
}

function tooMany(name: string): BadRange {
  return {
    error: `\`${name}\` stands for more than ${MAX_RANGE.toLocaleString("en")} hosts`,
    hint: "is there a digit too many?",
  };
}
