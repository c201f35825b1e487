import { expect, test } from "vitest";
import { cardsNamed, everAsked } from "../../../src/cli/approve-choice.ts";
import { Story, diskFinding, diskRunbook } from "../../kit/story.ts";

const story = new Story(diskRunbook(), ["web1", "web2"]);
story.asks("web1", [diskFinding(1)]);
story.asks("web2", [diskFinding(2)]);
const run = {
  state: story.state,
  loaded: story.loaded,
  questions: [],
  holder: null,
  daemon: null,
  alsoIn: new Map<string, string[]>(),
};
const card = (digest: string, host = "web1") => ({ host, step: "release-log", digest });

test("a beginning that fits two cards names neither, and says how to go on", () => {
  const [one, other] = [card("abcdef0123".padEnd(32, "0")), card("abcdef0124".padEnd(32, "0"), "web2")];
  const named = cardsNamed(["abcdef012"], run, [one, other]);
  expect(named).toEqual({
    faults: [
      {
        kind: "usage",
        where: "--digest abcdef012",
        message: "this begins the digests of 2 cards",
        hint: `write more of it: ${one.digest}, ${other.digest}`,
      },
    ],
  });
  expect(cardsNamed(["abcdef0123"], run, [one, other])).toEqual({ cards: [one] });
});

test("a card that is named twice is one card", () => {
  const one = card("abcdef0123".padEnd(32, "0"));
  expect(cardsNamed(["abcdef01", one.digest], run, [one])).toEqual({ cards: [one] });
});

test("every card that was ever asked can be named, so that it can be told what became of it", () => {
  const told = new Story(diskRunbook(), ["web1"]);
  told.asks("web1", [diskFinding(1)]);
  told.tell({ type: "detected", host: "web1", step: "release-log", findings: [diskFinding(2)], ms: 1 });
  told.asksAgain("web1");
  told.asksAgain("web1");
  expect(everAsked(told.entries)).toHaveLength(2);
});
