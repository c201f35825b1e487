import { moment } from "../engine/words.ts";
import { clean } from "../view/clean.ts";
import { paletteOf, type Palette } from "../view/colour.ts";
import { evidenceOf } from "../view/evidence.ts";
import { foldHosts, nameless } from "../view/hosts.ts";
import { lineOf, type Piece } from "../view/line.ts";
import { fit, wrapWords } from "../view/width.ts";
import { ago, counted, duration } from "../view/words.ts";
import type { Health, HealthFinding } from "./health.ts";
import { nextLine } from "./health-next.ts";
import { unknownLines } from "./health-unknown-lines.ts";
import { fleetText, LOOKS, scoreStyle, scoreText, shareText } from "./health-looks.ts";
import { healthMap } from "./health-map.ts";
import type { Room } from "./summary.ts";

/** Lines of findings that a step may take. */
const MOST = 10;
const NAMED = 4;

/** A check in lines: the table of hosts and runbooks, what was found (worst first), what is unknown, and the score. */
export function healthLines(health: Health, room: Room): string[] {
  const paint = paletteOf(room.colour);
  const told = { health, room, paint };
  return [
    ...healthMap(health, room),
    ...spaced(foundLines(told)),
    ...spaced(unknownLines(health.unknowns, room)),
    ...spaced([...waivedLines(told), ...goneLines(told), ...leftLines(told)]),
    "",
    ...closing(told),
  ];
}

type Told = { readonly health: Health; readonly room: Room; readonly paint: Palette };

function spaced(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", ...lines];
}

/** A step with its findings; those that read alike on several hosts in one line. */
function foundLines({ health, room, paint }: Told): string[] {
  const now = Date.parse(health.endedAt ?? health.startedAt);
  const steps = Map.groupBy(
    health.findings.filter(({ waiver }) => waiver === null),
    ({ runbook, step }) => `${runbook} ${step}`,
  );
  return [...steps.values()].flatMap((findings) => {
    const [first] = findings;
    if (first === undefined) return [];
    const { sign, word, style } = LOOKS[first.severity];
    const hosts = new Set(findings.map(({ host }) => host)).size;
    const head: Piece[] = [
      [style, `${sign} ${word}`],
      "  ",
      ["bold", clean(`${first.runbook}, ${first.step}`)],
      clean(
        `: ${first.title === first.step ? "" : `${first.title}; `}${counted(findings.length, "finding")} on ${counted(hosts, "host")}`,
      ),
    ];
    const groups = [...Map.groupBy(findings, (finding) => JSON.stringify([wordsOf(finding), finding.change])).values()];
    const shown = groups.length > MOST ? groups.slice(0, MOST - 1) : groups;
    const hidden = groups.slice(shown.length).flat().length;
    return [
      lineOf(head, room.width, paint),
      ...shown.map((group) => fit(`    ${groupWords(group, now)}`, room.width)),
      ...(hidden === 0 ? [] : [`    … and ${counted(hidden, "more finding")} (--json and --report tell all)`]),
    ];
  });
}

function wordsOf({ columns, values, host }: HealthFinding): string {
  return nameless(evidenceOf({ columns }, [{ values }]), host);
}

function groupWords(group: readonly HealthFinding[], now: number): string {
  const [first] = group;
  if (first === undefined) return "";
  const since = Math.min(...group.map((finding) => Date.parse(finding.since)));
  const age = first.change === "still" ? ` (found ${ago(since, now)})` : first.change === "new" ? " (new)" : "";
  const hosts = foldHosts(
    group.map(({ host }) => host),
    NAMED,
  );
  return clean(`${hosts}: ${evidenceOf(first, group.length === 1 ? group : [first])}${age}`);
}

function waivedLines({ health, room }: Told): string[] {
  const waived = health.findings.flatMap((finding) =>
    finding.waiver === null ? [] : [{ finding, waiver: finding.waiver }],
  );
  const groups = Map.groupBy(waived, ({ finding, waiver }) => JSON.stringify([finding.runbook, finding.step, waiver]));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { finding, waiver } = first;
    const hosts = foldHosts([...new Set(group.map((one) => one.finding.host))], NAMED);
    const what = `${finding.runbook}, ${finding.step}: ${counted(group.length, "finding")} on ${hosts}`;
    const where = waiver.where === null ? "" : ` (${waiver.where})`;
    return [
      fit(
        clean(`w waived  ${what} until ${moment(Date.parse(waiver.until))} by ${waiver.by}: ${waiver.reason}${where}`),
        room.width,
      ),
    ];
  });
}

function goneLines({ health, room }: Told): string[] {
  const groups = Map.groupBy(health.gone, ({ runbook, step }) => `${runbook}, ${step}`);
  return [...groups].map(([step, group]) => {
    const [first] = group;
    const hosts = foldHosts([...new Set(group.map(({ host }) => host))], NAMED);
    const more = group.length > 1 ? ` and ${group.length - 1} more` : "";
    return fit(clean(`✓ gone  ${step}: ${first?.what ?? ""}${more} on ${hosts}`), room.width);
  });
}

function leftLines({ health, room }: Told): string[] {
  const left = health.runbooks.flatMap((one) => (one.left === null ? [] : [{ runbook: one.runbook, ...one.left }]));
  const idle = health.runbooks.filter((one) => one.left === null && one.run === null).map(({ runbook }) => runbook);
  return [
    ...left.flatMap(({ runbook, reason, hint }) => [
      ...wrapWords(clean(`x not checked  ${runbook}: ${reason}`), room.width),
      ...(hint === null ? [] : [`    → ${clean(hint)}`]),
    ]),
    ...(idle.length === 0
      ? []
      : wrapWords(clean(`concerned with none of these hosts: ${idle.join(", ")}`), room.width)),
  ];
}

/** The score, and what other commands take. */
function closing({ health, room, paint }: Told): string[] {
  const { fleet, hosts, runbooks, check } = health;
  const score = `${scoreText(fleet.score)}${fleet.score === null ? "" : " of 100"}`;
  const done = runbooks.filter(({ run }) => run !== null).length;
  const what = `${counted(hosts.length, "host")}, ${counted(done, "runbook")}, ${duration(health.ms / 1000)}`;
  const pieces: Piece[] = [
    "score ",
    [scoreStyle(fleet.score), score],
    `, confidence ${shareText(fleet.confidence)} · ${fleetText(health)} · ${what}`,
  ];
  const unended =
    health.endedAt === null ? ["The check has not come to its end: what was not looked at is unknown."] : [];
  const next = [...unended, ...nextLine(health)].map((line) => fit(line, room.width));
  return [lineOf(pieces, room.width, paint), ...next, `check ${check}`];
}
