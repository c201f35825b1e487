import { execFileSync } from "node:child_process";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Entry } from "../../../src/model/event.ts";
import type { RunDocument } from "../../../src/report/document.ts";
import { documentOf } from "../../../src/report/fold.ts";
import { htmlOf } from "../../../src/report/html.ts";
import { jsonText } from "../../../src/report/json.ts";
import { junitOf } from "../../../src/report/junit.ts";
import { HOSTILE, hostileText, runSaying } from "../../kit/hostile.ts";

/** What must be in no file that people open: controls but the newline, what is invisible or turns text, halves of characters. */
const UNSAFE = /[\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}\x00-\x09\x0b-\x1f\x7f-\x9f]/u;

function documentFor(entries: readonly Entry[]): RunDocument {
  const document = documentOf(entries);
  if (document === null) throw new Error("no document");
  return document;
}

/** The tags of a page with the names of their attributes: what markup it has, whatever it says. */
function skeleton(page: string): string[] {
  return [...page.matchAll(/<[^>]*>/g)].map(([tag]) => tag.replaceAll(/"[^"]*"/g, '""'));
}

const HARMLESS = documentFor(runSaying("xyz"));
const PAGES = [
  ["HTML", htmlOf],
  ["JUnit", junitOf],
] as const;

describe.each(PAGES)("in %s", (_, draw) => {
  const tags = skeleton(draw(HARMLESS));

  test.each(Object.entries(HOSTILE))("%s is text, and nothing else", (_name, text) => {
    const page = draw(documentFor(runSaying(`x${text}x`)));
    expect(skeleton(page)).toEqual(tags);
    expect(UNSAFE.exec(page)).toBeNull();
  });

  test("no text changes the markup, wherever it stands", () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const page = draw(documentFor(runSaying(text)));
        expect(skeleton(page)).toEqual(tags);
        expect(UNSAFE.exec(page)).toBeNull();
      }),
      { numRuns: 60 },
    );
  });
});

test("these tests see markup and unsafe characters where there are some", () => {
  expect(skeleton('<p title="a"><b>x</b></p>')).not.toEqual(skeleton('<p title="b">x</p>'));
  expect(skeleton('<p title="a">x</p>')).not.toEqual(skeleton('<p title="a" onclick="b">x</p>'));
  expect(["\x1b", "\0", "\u202e", "\udc80", "\x9b"].every((text) => UNSAFE.test(text))).toBe(true);
});

test.each(Object.entries(HOSTILE))("a real XML parser reads JUnit with %s", (_, text) => {
  const page = junitOf(documentFor(runSaying(`x${text}x`)));
  const read =
    "import sys, xml.etree.ElementTree as t; print(len(t.fromstring(sys.stdin.buffer.read()).findall('.//testcase')))";
  expect(execFileSync("/usr/bin/python3", ["-c", read], { input: page }).toString().trim()).toBe("4");
  execFileSync("xmllint", ["--noout", "--nonet", "-"], { input: page });
});

test.each(Object.entries(HOSTILE))("JSON keeps %s as it was printed, in harmless characters", (_, text) => {
  const document = documentFor(runSaying(text));
  const page = jsonText(document, "page");
  expect(JSON.parse(page)).toEqual(document);
  expect(page).toContain(JSON.stringify(text.slice(0, 1)).slice(1, -1));
  expect(/[\p{Cf}\p{Cs}\p{Zl}\p{Zp}\x00-\x09\x0b-\x1f\x7f-\x9f]/u.exec(page)).toBeNull();
});

test("a line of a megabyte does not make a page of megabytes", () => {
  const document = documentFor(runSaying("A".repeat(1_000_000)));
  expect(htmlOf(document).length).toBeLessThan(1_000_000);
  expect(junitOf(document).length).toBeLessThan(200_000);
});
