import { describe, expect, test } from "vitest";
import { readInput } from "../../../src/model/input.ts";
import { Input } from "../../../src/model/runbook.ts";

const input = (definition: object): Input => Input.parse(definition);

describe("an input's value is read as scripts see it", () => {
  test.each([
    [{ type: "string" }, "a b", "a b"],
    [{ type: "string" }, "", ""],
    [{ type: "string", pattern: "/.*" }, "/var", "/var"],
    [{ type: "integer" }, "-7", "-7"],
    [{ type: "integer" }, "007", "7"],
    [{ type: "number" }, 1.5, "1.5"],
    [{ type: "boolean" }, true, "true"],
    [{ type: "duration" }, "5m", "300"],
    [{ type: "bytes" }, "10M", "10485760"],
    [{ type: "bytes" }, 512, "512"],
    [{ type: "percent" }, "85%", "85"],
    [{ type: "choice", choices: ["a", "b"] }, "b", "b"],
  ])("%j: %j", (definition, raw, text) => {
    expect(readInput(input(definition), raw)).toEqual({ ok: true, text });
  });
});

describe("or it is said what was expected", () => {
  test.each([
    [{ type: "string" }, null, "a text"],
    [{ type: "string" }, ["a"], "a text"],
    [{ type: "string" }, "a\0b", "a text without NUL"],
    [{ type: "string", pattern: "/.*" }, "x/", "a text that matches /.*"],
    [{ type: "integer" }, "1.5", "a whole number"],
    [{ type: "integer" }, "1e3", "a whole number"],
    [{ type: "integer" }, "9".repeat(20), "a whole number"],
    [{ type: "integer", min: 1, max: 9 }, "10", "a whole number from 1 to 9"],
    [{ type: "number", max: 1 }, "1.01", "a number of at most 1"],
    [{ type: "boolean" }, "yes", "true or false"],
    [{ type: "duration", min: 60 }, "59s", "a duration such as 30s, 5m or 1h30m of at least 60 seconds"],
    [{ type: "bytes", max: 1024 }, "2K", "a size such as 512, 10M or 1.5 GiB of at most 1024 bytes"],
    [{ type: "percent" }, "half", "a percentage such as 85 or 85%"],
    [{ type: "choice", choices: ["a", "b"] }, "c", "one of a, b"],
  ])("%j: %j", (definition, raw, expected) => {
    expect(readInput(input(definition), raw)).toEqual({ ok: false, expected });
  });
});
