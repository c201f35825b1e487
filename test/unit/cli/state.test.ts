import { homedir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { stateDir, stateOption } from "../../../src/cli/state.ts";

test("the option, then the variable, then where the desktop keeps state, then the home directory", () => {
  const env = { RUNBOOK_STATE: "/variable", XDG_STATE_HOME: "/xdg" };
  expect(stateDir("/option", env)).toBe("/option");
  expect(stateDir(undefined, env)).toBe("/variable");
  expect(stateDir(undefined, { ...env, RUNBOOK_STATE: "" })).toBe("/xdg/runbook");
  expect(stateDir(undefined, {})).toBe(join(homedir(), ".local/state/runbook"));
});

test("an option that is empty, as an unset variable makes it, is no place", () => {
  expect(() => stateDir("", {})).toThrow("no directory is named");
});

test("a command that is typed later names the place where it would not be found without our variables", () => {
  const env = { RUNBOOK_STATE: "/variable", XDG_STATE_HOME: "/xdg" };
  expect(stateOption("/variable", env)).toBe(" --state /variable");
  expect(stateOption("/srv/run book", env)).toBe(" --state '/srv/run book'");
  expect(stateOption("/xdg/runbook", env)).toBe("");
});
