import * as fc from "fast-check";
import { expect, test } from "vitest";
import { MASK, Secret } from "../../../src/model/secret.ts";
import { maskLines, maskOutput } from "../../../src/run/masking.ts";

const SECRET = new Secret("hunter2");

test("a secret that was cut in two by what was dropped is hidden on both sides", () => {
  for (let cut = 1; cut < 7; cut += 1) {
    const output = { head: `a ${"hunter2".slice(0, cut)}`, tail: `${"hunter2".slice(cut)} z`, omitted: 9 };
    expect(maskOutput(output, [SECRET])).toEqual({ head: `a ${MASK}`, tail: `${MASK} z`, omitted: 9 });
  }
});

test("a secret is hidden as a JSON string holds it, too", () => {
  const secret = new Secret('pa"ss\\wörd\n2nd "line"');
  const said = JSON.stringify({ whole: secret.reveal(), part: 'pa"ss\\wörd' });
  const masked = `{"whole":"${MASK}","part":"${MASK}"}`;
  expect(maskOutput({ head: said, tail: "", omitted: 0 }, [secret]).head).toBe(masked);
  expect(maskOutput({ head: said.slice(0, 15), tail: "", omitted: 1 }, [secret]).head).toBe(`{"whole":"${MASK}`);
});

test("what was not cut is left alone at its ends", () => {
  const whole = { head: "a hunter2, and a hunt", tail: "", omitted: 0 };
  expect(maskOutput(whole, [SECRET])).toEqual({ ...whole, head: `a ${MASK}, and a hunt` });
  expect(maskOutput({ head: "abc", tail: "xyz", omitted: 5 }, [SECRET])).toEqual({
    head: "abc",
    tail: "xyz",
    omitted: 5,
  });
  expect(maskOutput(whole, [])).toEqual(whole);
});

test("however a script's text comes in pieces, no piece that is told holds a secret", () => {
  const pieces = fc.array(fc.oneof(fc.constantFrom("hunter2", "hun", "ter2", "\n"), fc.string()), { maxLength: 20 });
  fc.assert(
    fc.property(pieces, (texts) => {
      const told: string[] = [];
      const listen = maskLines([SECRET], (_, text) => told.push(text ?? "nothing more"));
      for (const text of texts) listen("stdout", text);
      expect(told.join("")).not.toContain("hunter2");
      const lines = texts.join("").split("\n").slice(0, -1);
      expect(told.join("")).toBe(lines.map((line) => `${line.replaceAll("hunter2", MASK)}\n`).join(""));
    }),
  );
});

test("of a line too long to be kept, no part of a secret is told", () => {
  const told: (string | null)[] = [];
  const listen = maskLines([SECRET], (_, text) => told.push(text));
  listen("stdout", `${"x".repeat(65_533)}hunt`);
  listen("stdout", "er2");
  listen("stdout", "\nnext\nhunt");
  listen("stdout", null);
  expect(told).toEqual(["next\n", null]);
});
