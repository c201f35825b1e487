import { expect, test } from "vitest";
import { checkSyntax } from "../../../src/load/syntax.ts";

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
