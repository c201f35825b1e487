import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { expandRange, MAX_RANGE } from "../../../../src/language/inventory/range.ts";

describe("ranges", () => {
  test.each([
    ["web", ["web"]],
    ["web[1:3]", ["web1", "web2", "web3"]],
    ["web[08:11].example", ["web08.example", "web09.example", "web10.example", "web11.example"]],
    ["[0:10:5]", ["0", "5", "10"]],
    ["[:2]", ["0", "1", "2"]],
    ["[9:11]", ["9", "10", "11"]],
    ["db[a:d:2]x", ["dbax", "dbcx"]],
    ["[y:B]", ["y", "z", "A", "B"]],
    ["r[1:2]-[a:b]", ["r1-a", "r1-b", "r2-a", "r2-b"]],
    ["[5:5]", ["5"]],
    ["[000:001]", ["000", "001"]],
  ])("%s", (name, hosts) => {
    expect(expandRange(name)).toEqual(hosts);
  });

  test.each([
    ["web[3:1]", "ends before it begins"],
    ["web[c:a]", "ends before it begins"],
    ["web[1:]", "does not say where it ends"],
    ["web[01:100]", "both ends must be equally long"],
    ["web[1:3:0]", "no positive number"],
    ["web[1:3:-1]", "no positive number"],
    ["web[1:3:1:1]", "is no range"],
    ["web[abc]", "is no range"],
    ["web[]", "is no range"],
    ["web[a:3]", "number to number or from letter to letter"],
    ["web[aa:ac]", "number to number or from letter to letter"],
    ["web[-3:1]", "number to number or from letter to letter"],
    ["web[1:3", "bracket without its other half"],
    ["web1:3]", "bracket without its other half"],
    ["web[[1:3]]", "bracket without its other half"],
    ["web[0:999999999]", "more than 100,000 hosts"],
    ["[0:999][0:999]", "more than 100,000 hosts"],
  ])("%s is refused", (name, error) => {
    expect(expandRange(name)).toEqual({ error: expect.stringContaining(error), hint: expect.stringMatching(/./) });
  });

  test("the advice for ends of unequal length can be taken as it is", () => {
    expect(expandRange("web[01:9]")).toMatchObject({ hint: "write [01:09] or leave out the zeros" });
    expect(expandRange("web[01:09]")).toHaveLength(9);
  });

  test("the limit itself is allowed, and one more is not", () => {
    expect(expandRange(`h[1:${MAX_RANGE}]`)).toHaveLength(MAX_RANGE);
    expect(expandRange(`h[0:${MAX_RANGE}]`)).toHaveProperty("error");
  });

  test("numbers come in order, each once, with their zeros", () => {
    const ends = fc.tuple(fc.nat(5000), fc.nat(200), fc.integer({ min: 1, max: 9 }));
    fc.assert(
      fc.property(ends, fc.boolean(), ([from, more, step], padded) => {
        const width = padded ? 6 : 0;
        const write = (number: number): string => String(number).padStart(width, "0");
        const expected: string[] = [];
        for (let number = from; number <= from + more; number += step) expected.push(`a${write(number)}b`);
        expect(expandRange(`a[${write(from)}:${write(from + more)}:${step}]b`)).toEqual(expected);
      }),
    );
  });

  test("several ranges give every combination once, the last one fastest", () => {
    const range = fc.tuple(fc.nat(50), fc.nat(4)).map(([from, more]) => ({ from, to: from + more }));
    fc.assert(
      fc.property(fc.array(range, { minLength: 1, maxLength: 4 }), (ranges) => {
        const names = expandRange(ranges.map(({ from, to }) => `-[${from}:${to}]`).join(""));
        const sizes = ranges.map(({ from, to }) => to - from + 1);
        expect(new Set(Array.isArray(names) ? names : []).size).toBe(sizes.reduce((a, b) => a * b, 1));
        expect(Array.isArray(names) ? names[0] : names).toBe(ranges.map(({ from }) => `-${from}`).join(""));
        expect(Array.isArray(names) ? names.at(-1) : names).toBe(ranges.map(({ to }) => `-${to}`).join(""));
      }),
    );
  });

  test("any text gives names or an error, never an exception, and no brackets are left", () => {
    const texts = fc.oneof(
      fc.string(),
      fc.stringMatching(/^[a-c]?(\[[0-9a-c]{0,3}:?[0-9a-c]{0,3}(:[0-9]{1,2})?\]?){0,3}$/),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const names = expandRange(text);
        const sound = Array.isArray(names) ? !names.some((name) => /[[\]]/.test(name)) : names.error !== "";
        expect(sound).toBe(true);
      }),
    );
  });
});
