import { expect, test } from "vitest";
import type { Compat } from "../../../src/model/compat.ts";
import type { Entry } from "../../../src/model/event.ts";
import type { RunSettings } from "../../../src/model/settings.ts";
import { documentOf } from "../../../src/report/fold.ts";
import { htmlOf } from "../../../src/report/html.ts";
import { jsonText } from "../../../src/report/json.ts";
import { junitOf } from "../../../src/report/junit.ts";
import { plainReport } from "../../../src/report/plain.ts";
import { fleetStory } from "../../kit/fleet-story.ts";
import { teller } from "../../kit/teller.ts";

const SETTINGS: RunSettings = {
  cwd: "/",
  inventories: [],
  inventoryDigest: "",
  become: false,
  askPass: false,
  askBecomePass: false,
  acceptNewHostKeys: false,
  jobs: true,
  secretInputs: {},
};

/** A run of some hosts of which the inventory says that they are old. */
function entriesWith(compat: Record<string, Compat>, old: readonly string[] = []): Entry[] {
  return fleetStory(3).map((entry) => {
    const { event } = entry;
    if (event.type === "reached" && old.length > 0) return { ...entry, event: { ...event, old: [...old] } };
    if (event.type !== "run-started") return entry;
    return { ...entry, event: { ...event, plan: { ...event.plan, settings: { ...SETTINGS, compat } } } };
  });
}

/** Every form of a run's report: the log with its summary, HTML, JUnit, JSON. */
function reportsOf(entries: readonly Entry[]): Record<string, string> {
  const document = documentOf(entries);
  if (document === null) throw new Error("no document");
  const log: string[] = [];
  teller(plainReport({ out: (line) => log.push(line), colour: false, width: 100 }))(...entries);
  return { log: log.join("\n"), html: htmlOf(document), junit: junitOf(document), json: jsonText(document) };
}

test("every report says which hosts might be logged in to with old algorithms", () => {
  const [host = ""] = documentOf(fleetStory(3))?.hosts.map((one) => one.host) ?? [];
  const { log = "", html, junit, json } = reportsOf(entriesWith({ [host]: "el5" }));
  const words = `old SSH algorithms are allowed (runbook_compat): el5 on ${host}`;
  expect(log.split(words)).toHaveLength(3);
  expect(html).toContain(words);
  expect(junit).toContain(`<property name="runbook_compat.${host}" value="el5"/>`);
  expect(json).toContain(`"compat":{"${host}":"el5"}`);
});

test("every report says which were agreed on, whoever allowed them", () => {
  const { log = "", html, junit, json } = reportsOf(entriesWith({}, ["diffie-hellman-group14-sha1", "ssh-rsa"]));
  const words = "old SSH algorithms were used: diffie-hellman-group14-sha1, ssh-rsa on ";
  expect(log).toContain(words);
  expect(html).toContain(words);
  expect(html).toContain("with old algorithms: diffie-hellman-group14-sha1, ssh-rsa");
  expect(junit).toMatch(/<property name="ssh\.old\.[^"]+" value="diffie-hellman-group14-sha1, ssh-rsa"\/>/);
  expect(json).toContain('"old":["diffie-hellman-group14-sha1","ssh-rsa"]');
});

test("no report speaks of them where there are none", () => {
  for (const text of Object.values(reportsOf(entriesWith({}))))
    expect(text).not.toMatch(/old SSH|runbook_compat|old algorithms/);
});
