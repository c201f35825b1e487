/** Stands where something that must be there is missing or wrong in a runbook. Ids stay different from each other and from every real one. */
export function runbookStandIn(path: string): unknown {
  const [, index] = /^steps\/(\d+)\/id$/.exec(path) ?? [];
  if (index !== undefined) return `without-id-${index}`;
  const make = STAND_INS.find(([pattern]) => pattern.test(path))?.[1];
  return make?.();
}

const STAND_INS: readonly (readonly [pattern: RegExp, make: () => unknown])[] = [
  [/^name$/, () => "runbook"],
  [/^title$/, () => "title"],
  [/^steps$/, () => [{ id: "without-steps", detect: { run: ":" } }]],
  [/^steps\/\d+$/, () => ({ detect: { run: ":" } })],
  [/^steps\/\d+\/detect$/, () => ({ run: ":" })],
  [/^steps\/\d+\/(detect|rollback)\/run$/, () => ":"],
  [/^steps\/\d+\/fix\/risk$/, () => "low"],
];
