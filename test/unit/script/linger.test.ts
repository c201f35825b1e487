import { describe, expect, it } from "vitest";
import { mayLinger } from "../../../src/script/session.ts";

describe("whether a script may leave something running", () => {
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
  ])("may be so: %s", (script) => {
    expect(mayLinger(script)).toBe(true);
  });

  it.each(["a && b", "a 2>&1", "a >&2", "a &>log", "exec 3<&0", "a | b || c", "setsidy=1", "awk '$1 && $2 { print }'"])(
    "is not so: %s",
    (script) => {
      expect(mayLinger(script)).toBe(false);
    },
  );
});
