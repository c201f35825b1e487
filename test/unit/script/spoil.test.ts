import { describe, expect, it } from "vitest";
import { maySpoil } from "../../../src/script/session.ts";

describe("whether a script may spoil the session for the next one", () => {
  it.each([
    "sleep 9 &",
    "(a; b)& c",
    "eval 'a &'",
    "nohup a",
    "setsid -f a",
    "coproc cat",
    "cat <(a)",
    "a > >(tee log)",
    "a 2>&1 & b",
    "a & b && c",
    "kill 0",
    "pkill -STOP sh",
    "python3 -c 'import os; os.fork()'",
    "perl5.36 -e 'fork'",
  ])("may be so: %s", (script) => {
    expect(maySpoil(script)).toBe(true);
  });

  it.each([
    "a && b",
    "a 2>&1",
    "a >&2",
    "a &>log",
    "exec 3<&0",
    "a | b || c",
    "setsidy=1",
    "yarn node -list",
    "awk '$1 && $2 { print }'",
  ])("is not so: %s", (script) => {
    expect(maySpoil(script)).toBe(false);
  });
});
