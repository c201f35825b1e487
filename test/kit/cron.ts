import * as fc from "fast-check";

/** Any cron expression of five or six fields that is right; `plain`: without L, W and #. */
export function cronExpression(plain = false): fc.Arbitrary<string> {
  const weekday = fc.oneof(number(0, 7), fc.constantFrom("sun", "MON", "tue", "wed", "Thu", "fri", "sat", "fri-SUN"));
  const nth = fc.oneof(
    fc.tuple(number(0, 6), number(1, 5)).map(([day, which]) => `${day}#${which}`),
    number(0, 6).map((day) => `${day}L`),
  );
  const special = fc.oneof(
    fc.constant("L"),
    number(1, 31).map((day) => `${day}W`),
  );
  const month = fc.oneof(number(1, 12), fc.constantFrom("jan", "JUN", "dec"));
  return fc
    .tuple(
      fc.option(field(0, 59), { nil: undefined, freq: 4 }),
      field(0, 59),
      field(0, 23),
      fc.oneof({ weight: 3, arbitrary: field(1, 31) }, ...(plain ? [] : [fc.constant("LW"), listOf(special)])),
      fc.oneof({ weight: 3, arbitrary: field(1, 12) }, listOf(month)),
      fc.oneof({ weight: 3, arbitrary: field(0, 6) }, listOf(weekday), ...(plain ? [] : [listOf(nth)])),
    )
    .map((fields) => fields.filter((each) => each !== undefined).join(" "));
}

function number(min: number, max: number): fc.Arbitrary<string> {
  return fc.integer({ min, max }).map(String);
}

function listOf(item: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.array(item, { minLength: 1, maxLength: 3 }).map((items) => items.join(","));
}

/** `*`, a number, a range, a step, or a list of them; the looser ones more often, so that it fires now and then. */
function field(min: number, max: number): fc.Arbitrary<string> {
  const range = fc
    .tuple(fc.integer({ min, max }), fc.integer({ min, max }))
    .map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`);
  const step = fc.integer({ min: 1, max: Math.max(2, Math.floor((max - min) / 2)) });
  const item = fc.oneof(
    number(min, max),
    range,
    fc.tuple(range, step).map(([each, by]) => `${each}/${by}`),
  );
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant("*") },
    { weight: 2, arbitrary: step.map((by) => `*/${by}`) },
    { weight: 3, arbitrary: listOf(item) },
  );
}
