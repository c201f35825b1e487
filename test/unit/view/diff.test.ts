import { expect, test } from "vitest";
import { diffStyles } from "../../../src/view/diff.ts";

test("a unified diff has its signs coloured, by the numbers of its hunks", () => {
  const lines = [
    "what would change:",
    "--- /etc/ntp.conf",
    "+++ /etc/ntp.conf.new",
    "@@ -1,3 +1,3 @@ server",
    " a",
    "--- was a comment in SQL",
    "+++ is one now",
    " b",
    "- after the hunk this is a list",
    "+ and so is this",
    "@@ -9 +9 @@",
    "-x",
    "\\ No newline at end of file",
    "+y",
  ];
  expect(diffStyles(lines)).toEqual([
    null,
    "bold",
    "bold",
    "cyan",
    null,
    "red",
    "green",
    null,
    null,
    null,
    "cyan",
    "red",
    null,
    "green",
  ]);
});

test("what is no diff stays plain, with whatever signs its lines begin", () => {
  expect(diffStyles(["- one", "+ two", "--- three", "@@ four"])).toEqual([null, null, null, null]);
});
