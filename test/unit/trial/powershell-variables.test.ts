import * as fc from "fast-check";
import { expect, it } from "vitest";
import { assembleWindows, type Value } from "../../../src/script/powershell.ts";
import { membersOf } from "../../../src/trial/powershell-variables.ts";

const text = fc.string({ unit: fc.constantFrom("a", "'", "‘", "’", ";", " ", "=", ")", "(", "@{", "}", "$", "群") });
const value: fc.Arbitrary<readonly [Value, string]> = fc.oneof(
  text.map((word) => [{ kind: "text", text: word }, word] as const),
  fc.nat().map((word) => [{ kind: "number", text: `-${word}.5` }, `-${word}.5`] as const),
  fc.constant([{ kind: "number", text: "1e9" }, "1e9"] as const),
  fc.boolean().map((yes) => [{ kind: "boolean", yes }, String(yes)] as const),
  fc.constant([{ kind: "null" }, ""] as const),
);

it("the variables that a PowerShell script of a case got are those that it was sent with, whatever they hold", () => {
  fc.assert(
    fc.property(fc.dictionary(text, value), text, (members, inner) => {
      const findings: Value = {
        kind: "objects",
        objects: [new Map([["x", { kind: "text", text: inner }]]), new Map()],
      };
      const sent = new Map<string, Value>([
        ["findings", findings],
        ...Object.entries(members).map(([name, [given]]) => [name, given] as const),
        ["last", findings],
      ]);
      const script = assembleWindows({ members: sent, functions: "", files: new Map(), filesName: "", body: "x" });
      expect(membersOf(`before\n${script}`)).toEqual(
        Object.fromEntries(Object.entries(members).map(([name, [, word]]) => [name, word])),
      );
    }),
  );
});
