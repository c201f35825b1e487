import { expect, test } from "vitest";
import { allSound, checkSyntax } from "../../../src/load/syntax.ts";

test.each(["sh", "bash"] as const)("%s reads a script without running it", async (shell) => {
  expect(await checkSyntax("exit 3\n", shell)).toBeUndefined();
  expect(await checkSyntax("true\nif true\nthen :\n", shell)).toMatchObject({ line: 3 });
  expect(await checkSyntax("fi\ntrue\n", shell)).toMatchObject({ line: 1 });
});

test("a script that is larger than a pipe holds is read to its end", async () => {
  const large = `${"echo 'a line of some length'\n".repeat(20_000)}fi\n`;
  expect(await checkSyntax(large, "sh")).toMatchObject({ line: 20_001 });
  expect(await checkSyntax(large, "bash")).toMatchObject({ line: 20_001 });
});

test.each(["sh", "bash"] as const)(
  "many scripts at once, and the mistakes of two never make one sound: %s",
  async (shell) => {
    expect(await allSound(["true\n", "# only words\n", "if true; then\n  :\nfi"], shell)).toBe(true);
    expect(await allSound(["echo don't\n", "echo can't\n"], shell)).toBe(false);
    expect(await allSound(["if true; then", "fi"], shell)).toBe(false);
  },
);
