import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Duration, Limit, resolveShare } from "../../../src/model/measure.ts";
import { parseBytes, parseDuration, parsePercent } from "../../../src/model/quantity.ts";

describe("durations are seconds", () => {
  test.each([
    ["30s", 30],
    ["5m", 300],
    ["1h30m", 5400],
    ["250ms", 0.25],
    ["1.5h", 5400],
    ["7d", 604_800],
    ["2w", 1_209_600],
    ["0s", 0],
    ["30", undefined],
    ["", undefined],
    ["5 m", undefined],
    ["-5s", undefined],
    ["5y", undefined],
    ["5mx", undefined],
    [`${"9".repeat(400)}w`, undefined],
  ])("%s", (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });
});

describe("sizes are bytes", () => {
  test.each([
    ["512", 512],
    ["512B", 512],
    ["10M", 10_485_760],
    ["10MB", 10_000_000],
    ["10 MiB", 10_485_760],
    ["1.5 GiB", 1_610_612_736],
    ["1kB", 1000],
    ["1K", 1024],
    ["1k", undefined],
    ["-1", undefined],
    ["", undefined],
    ["M", undefined],
    ["9000T", 9_895_604_649_984_000],
    [`${"9".repeat(10)}T`, undefined],
    ["9".repeat(400), undefined],
  ])("%s", (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });
});

test("percents are bare numbers", () => {
  expect(["85", "85%", "0.5%", "%", "85 %", "-1%"].map(parsePercent)).toEqual([
    85,
    85,
    0.5,
    undefined,
    undefined,
    undefined,
  ]);
});

test("no limit is a limit: 0, and what is rounded up", () => {
  expect(["0", "-1", "0.5"].map((text) => Limit.safeParse(Number(text)).success)).toEqual([true, false, false]);
  expect(resolveShare(0, 100)).toBe(0);
  expect(resolveShare("0%", 100)).toBe(0);
  expect(resolveShare("10%", 3)).toBe(1);
});

test("what is waited for ends within 20 days, for which a timer can be set", () => {
  expect(["0s", "20d", "480h", "480h1ms", "21d"].map((text) => Duration.safeParse(text).data)).toEqual([
    0,
    1_728_000,
    1_728_000,
    undefined,
    undefined,
  ]);
});

test("a share of hosts is never none where there is a host, and never more than all", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 10_000 }), (percent, total) => {
      const hosts = resolveShare(`${percent}%`, total);
      expect(hosts).toBeGreaterThanOrEqual(1);
      expect(hosts).toBeLessThanOrEqual(total);
    }),
  );
  expect(resolveShare(3, 100)).toBe(3);
});
