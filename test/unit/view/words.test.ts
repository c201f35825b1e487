import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseBytes, parseDuration } from "../../../src/model/quantity.ts";
import {
  ago,
  bytes,
  cellWords,
  counted,
  duration,
  grouped,
  OUTCOME_LOOK,
  valueWords,
} from "../../../src/view/words.ts";
import { moment } from "../../../src/engine/words.ts";
import { widthOf } from "../../../src/view/width.ts";

describe("words", () => {
  test.each([
    [0, "0 s"],
    [0.04, "40 ms"],
    [0.0999, "0.1 s"],
    [3.2, "3.2 s"],
    [9.96, "10 s"],
    [59.7, "1 min"],
    [245, "4 min 5 s"],
    [3599.8, "1 h"],
    [7800, "2 h 10 min"],
    [90_000, "1 d 1 h"],
    [-5, "-5 s"],
    [Number.NaN, "?"],
  ])("%f seconds are %s", (seconds, words) => {
    expect(duration(seconds)).toBe(words);
  });

  test("a duration in words reads back as about the same time", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 3e6, noNaN: true }), (seconds) => {
        const read = parseDuration(duration(seconds).replaceAll(" ", "").replace("min", "m")) ?? Number.NaN;
        expect(Math.abs(read - seconds)).toBeLessThanOrEqual(Math.max(seconds < 0.0995 ? 0.0005 : 0.051, seconds / 20));
      }),
    );
  });

  test.each([
    [0, "0 B"],
    [1023, "1,023 B"],
    [1024, "1.0 KiB"],
    [1_048_575, "1.0 MiB"],
    [1_288_490_189, "1.2 GiB"],
    [909 * 2 ** 40, "909 TiB"],
    [-5000, "-4.9 KiB"],
  ])("%d bytes are %s", (amount, words) => {
    expect(bytes(amount)).toBe(words);
  });

  test("bytes in words read back as about the same number", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 49 }), (amount) => {
        const read = parseBytes(bytes(amount).replace(",", "")) ?? Number.NaN;
        expect(Math.abs(read - amount)).toBeLessThanOrEqual(amount / 19);
      }),
    );
  });

  test("things are counted with their plural", () => {
    expect(counted(1, "host")).toBe("1 host");
    expect(counted(0, "host")).toBe("0 hosts");
    expect(counted(12_000, "entry", "entries")).toBe("12,000 entries");
  });

  test("thousands are set apart as English does it", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (amount) => {
        expect(grouped(amount)).toBe(amount.toLocaleString("en"));
      }),
    );
  });

  test("moments are told in UTC, ages against now", () => {
    expect(moment(Date.UTC(2026, 10, 3, 14, 5, 9))).toBe("2026-11-03 14:05:09 UTC");
    expect([Number.NaN, 1e300, -1e300].map(moment)).toEqual(["?", "?", "?"]);
    expect(ago(0, 400)).toBe("just now");
    expect(ago(0, 65_000)).toBe("1 min 5 s ago");
  });

  test("cells are told by their type, and cleaned", () => {
    expect(cellWords(null, "bytes")).toBe("-");
    expect(cellWords(2048, "bytes")).toBe("2.0 KiB");
    expect(cellWords(93, "percent")).toBe("93 %");
    expect(cellWords(90, "duration")).toBe("1 min 30 s");
    expect(cellWords(4711, "integer")).toBe("4711");
    expect(cellWords(false, "boolean")).toBe("false");
    expect(cellWords("a\nb", "string")).toBe(String.raw`a\nb`);
  });

  test("a value keeps the form that the script gets", () => {
    expect(valueWords("2147483648", "bytes")).toBe("2147483648 (2.0 GiB)");
    expect(valueWords("300", "duration")).toBe("300 (5 min)");
    expect(valueWords("7", "duration")).toBe("7");
    expect(valueWords("/var", "string")).toBe("/var");
  });

  test("no two outcomes look alike without colour", () => {
    const looks = Object.values(OUTCOME_LOOK);
    expect(new Set(looks.map((look) => look.sign)).size).toBe(looks.length);
    expect(looks.every((look) => widthOf(look.sign) === 1)).toBe(true);
  });
});
