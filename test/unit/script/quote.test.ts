import { execFileSync } from "node:child_process";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assemble } from "../../../src/script/posix.ts";
import { decode, encode } from "../../../src/script/bytes.ts";
import { quote } from "../../../src/script/quote.ts";

/** Bytes that a shell can hold: all but NUL, with a liking for those that shells treat in a special way. */
const bytes = fc
  .array(
    fc.oneof(
      fc.integer({ min: 1, max: 255 }),
      fc.constantFrom(...Buffer.from("'\"\\$`!\n\r\t *?[]{}()<>|&;#~=%-\x81\x82\x83\x84\x85\x86\x87\x88\x7f")),
    ),
    { maxLength: 60 },
  )
  .map((array) => decode(Uint8Array.from(array)));

const shells = ["dash", "bash --norc", "bash --posix", "busybox sh"];

/** Runs a script from stdin, as a session does, under LC_ALL=C. */
function run([shell = "", ...args]: readonly string[], script: string): string {
  const env = { ...process.env, LC_ALL: "C", secret_leak: "from the environment" };
  return decode(execFileSync(shell, args, { input: encode(script), env }));
}

describe.each(shells)("quoting in %s", (command) => {
  const shell = command.split(" ");

  it("brings any bytes through a word, through eval in a word, and through variables", () => {
    fc.assert(
      fc.property(fc.array(bytes, { minLength: 1, maxLength: 20 }), (values) => {
        const variables = new Map(values.map((value, index) => [`v${index}`, value]));
        const body = `printf '%s\\0' ${values.map((_, index) => `"$v${index}"`).join(" ")}`;
        const words = `printf '%s\\0' ${values.map(quote).join(" ")}`;
        const assembled = assemble({ variables, functions: "", files: new Map(), body });
        const out = run(shell, `eval ${quote(`eval ${quote(assembled)}`)}\n${words}\n`);
        expect(out).toBe([...values, ...values].map((value) => `${value}\0`).join(""));
      }),
      { numRuns: 25 },
    );
  });

  it("keeps variables out of the environment, those that were in it too", () => {
    const variables = new Map([
      ["secret_leak", "hunter2"],
      ["other", "hunter3"],
    ]);
    const out = run(
      shell,
      assemble({ variables, functions: "", files: new Map(), body: 'env; echo "have $secret_leak"' }),
    );
    expect(out).toContain("have hunter2");
    expect(out.replace("have hunter2", "")).not.toMatch(/hunter|secret_leak/);
  });
});

describe("values that no shell can take", () => {
  it("are refused", () => {
    const variables = new Map([["v", "a\0b"]]);
    expect(() => assemble({ variables, functions: "", files: new Map(), body: "" })).toThrow(/NUL/);
  });
});
