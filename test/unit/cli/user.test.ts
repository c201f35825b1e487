import { spawnSync } from "node:child_process";
import { homedir, userInfo } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { homeOf, userName } from "../../../src/cli/user.ts";

test("the system's name for the user, and $HOME before the system's home", () => {
  expect(userName({ USER: "somebody" })).toBe(userInfo().username);
  expect(homeOf({ HOME: "/home/me" })).toBe("/home/me");
  expect(homeOf({})).toBe(homedir());
});

test("a number without a name is no bug: $USER, else the number", () => {
  const module = join(import.meta.dirname, "../../../src/cli/user.ts");
  const program = `const { userName, homeOf } = await import(${JSON.stringify(module)});
    process.setuid(54321);
    console.log(userName({ USER: "ada" }), userName({}), homeOf(process.env));`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    encoding: "utf8",
    env: { PATH: process.env["PATH"] },
  });
  expect({ stdout, stderr }).toEqual({ stdout: "ada 54321 /\n", stderr: "" });
});
