import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { ask, askAnsible, FIXTURES, type Answer, type Question } from "./oracle.ts";

const FLEET = [
  "all",
  "*",
  "web",
  "web:db",
  "db,web",
  "web:&prod",
  "web:!staging",
  "!web",
  "&prod",
  "prod:!web:&db",
  "web01.fleet",
  "web0*",
  "web0[1-3].fleet",
  "web0[!1-3].fleet",
  "db?.fleet",
  "~web(01|1\\d)",
  "~(web|db)0?[12]",
  "web[0]",
  "web[-1]",
  "web[2:4]",
  "web[3:]",
  "web[0:0]:db[-2]",
  "replica[0]:&staging",
  "db*",
  "ungrouped",
  "p*:!*[0]",
  "prod:!web[0:2]",
  "web[99:]:db",
  "prod, staging ,!bastion.fleet",
  "*.fleet:!web*",
];

/** File names by themselves or together, and patterns for them. */
const QUESTIONS: Readonly<Record<string, readonly string[]>> = {
  "flat.yml": ["web", "db", "web:&db", "db:web", "web[1]", "d*", "web2", "loose:web"],
  "ranges.yml": [
    "10.0.0.*",
    "2001:db8::1",
    "2001:db8::1,lone",
    "UPPER*",
    "~node\\d+-[ab]$",
    "db8:db9",
    "web[01:20].example.net:lone",
  ],
  "nested.yml": ["europe", "europe:!berlin", "rack1:rack2", "asia:&europe", "paris[0]", "berlin[1]"],
  "merged.yml": ["web", "app", "app:!web", "c1", "cache:!c1", "web:extra,c1"],
  "precedence.yml": ["zoo", "ape:&mole", "pen[0:1]"],
  "yaml11.yml": ["h", "y:n", "n"],
  "diamond.yml": ["top", "left:&right", "left:!bottom:beside", "bottom[1]"],
  "ungrouped.yml": ["ungrouped", "all:!ungrouped", "team"],
  "connection.yml": ["localhost", "keys:here", "!here"],
  "names.yml": ["web-servers", "web.dotted", "web*", "web_2", "~web[.-]", "WEB3", "ünïcode"],
  "fleet.yml": FLEET,
  "fleet.yml more.yml": FLEET,
  "text-forms.yml": ["single", "solo:single"],
};

const questions: readonly Question[] = Object.entries(QUESTIONS).map(([files, patterns]) => ({
  sources: files.split(" ").map((file) => join(FIXTURES, file)),
  patterns,
}));

describe("as Ansible reads it", () => {
  let answers: readonly Answer[] = [];
  beforeAll(() => {
    answers = askAnsible(questions);
  }, 60_000);

  test.each(questions.map((question, index) => [Object.keys(QUESTIONS)[index], question, index] as const))(
    "%s: hosts, variables, groups, patterns",
    (_name, question, index) => {
      const theirs = answers[index];
      const ours = ask(question);
      expect(Object.keys(ours.hosts)).toEqual(Object.keys(theirs?.hosts ?? {}));
      expect(ours.hosts).toEqual(theirs?.hosts);
      expect(ours.groups).toEqual(theirs?.groups);
      const named = (answer: Answer | undefined): unknown =>
        question.patterns.map((pattern, at) => [pattern, answer?.selected[at]]);
      expect(named(ours)).toEqual(named(theirs));
    },
  );
});
