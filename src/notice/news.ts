import type { Finding } from "../model/finding.ts";
import type { NoticeKind } from "../model/notification.ts";
import type { Standing } from "./standing.ts";

/** What a receiver was told of a finding on a step of a host, and has not been told otherwise since. `key` empty: of the step as a whole. */
export type ToldLine = { readonly key: string; readonly kind: NoticeKind; readonly mark: string };

/** Something to tell of one step on one host. */
export type News = {
  readonly kind: NoticeKind;
  readonly standing: Standing;
  /** Those that it is about, as far as they are known. */
  readonly findings: readonly Finding[];
};

/** What a receiver is to be told of a standing, and what it has been told from then on. */
export type Telling = { readonly news: readonly News[]; readonly told: readonly ToldLine[] };

const WHOLE = "";
/** The key of a failure that is of no finding. */
const NO_FINDING = "-";

/** What is news in a standing to whoever wants `on` and was told `before` of the same step on the same host. Nothing is said twice until it has changed. */
export function tellingOf(standing: Standing, on: ReadonlySet<NoticeKind>, before: readonly ToldLine[]): Telling {
  if (standing.kind === "unknown") return unknown(standing, on, before);
  const parts = [again, over, there, recurring].reduce<Telling>(
    ({ news, told }, part) => {
      const next = part(standing, on, told);
      return { news: [...news, ...next.news], told: next.told };
    },
    { news: [], told: before },
  );
  const kinds = new Set(parts.news.map(({ kind }) => kind));
  // One word of a kind: what can be looked at again and has none of its findings left has recovered once.
  const news = [...kinds].map((kind): News => {
    const same = parts.news.filter((one) => one.kind === kind);
    return { kind, standing, findings: same.flatMap(({ findings }) => findings) };
  });
  return { news, told: parts.told };
}

type Part = (standing: Standing, on: ReadonlySet<NoticeKind>, told: readonly ToldLine[]) => Telling;

const unknown: Part = (standing, on, told) => {
  if (!on.has("unknown") || told.some(({ kind }) => kind === "unknown")) return { news: [], told };
  const line: ToldLine = { key: WHOLE, kind: "unknown", mark: "" };
  return { news: [{ kind: "unknown", standing, findings: [] }], told: [...told, line] };
};

/** It can be told again. */
const again: Part = (standing, on, told) => {
  const left = told.filter(({ kind }) => kind !== "unknown");
  if (left.length === told.length || !on.has("recovered")) return { news: [], told: left };
  return { news: [{ kind: "recovered", standing, findings: [] }], told: left };
};

/** Something that was told of has gone, while something else is there. */
const PARTLY: ToldLine = { key: WHOLE, kind: "found", mark: "" };

/** What was told of and is not there any more, and what was fixed. As long as anything is there, the step has not recovered. */
const over: Part = (standing, on, told) => {
  const { findings, fixed, kind, quiet } = standing;
  const there = new Set(findings.length === 0 && kind === "failed" ? [NO_FINDING] : findings.map(({ key }) => key));
  const repaired = new Set(fixed.map(({ key }) => key));
  const gone = told.filter(({ key }) => key !== WHOLE && (!there.has(key) || repaired.has(key)));
  const isPartly = ({ key, kind: of }: ToldLine): boolean => key === PARTLY.key && of === PARTLY.kind;
  const left = told.filter((line) => !gone.includes(line) && !isPartly(line));
  const partly = told.some(isPartly) || gone.some(({ key }) => !quiet.has(key));
  if (fixed.length > 0 && on.has("fixed")) return { news: [{ kind: "fixed", standing, findings: fixed }], told: left };
  if (kind !== "clear") return { news: [], told: partly ? [...left, PARTLY] : left };
  return { news: partly && on.has("recovered") ? [{ kind: "recovered", standing, findings: [] }] : [], told: left };
};

/** What is there. Who does not want to know that it waits or failed, and wants to know what is found, is told of it as found. */
const there: Part = (standing, on, told) => {
  const { kind, mark, findings } = standing;
  if (kind === "clear" || kind === "unknown") return { news: [], told };
  const as = on.has(kind) ? kind : "found";
  if (!on.has(as)) return { news: [], told };
  const keys = findings.length === 0 && kind === "failed" ? [NO_FINDING] : findings.map(({ key }) => key);
  const fresh = new Set(
    keys.filter(
      (key) => !told.some((line) => line.key === key && line.kind === as && (as !== kind || line.mark === mark)),
    ),
  );
  if (fresh.size === 0) return { news: [], told };
  const rest = told.filter((line) => !(fresh.has(line.key) && (line.kind === as || line.kind === "found")));
  const lines = [...fresh].flatMap((key): ToldLine[] => [
    { key, kind: as, mark: as === kind ? mark : "" },
    ...(as === "found" ? [] : [{ key, kind: "found" as const, mark: "" }]),
  ]);
  return {
    news: [{ kind: as, standing, findings: findings.filter(({ key }) => fresh.has(key)) }],
    told: [...rest, ...lines],
  };
};

/** Once, until it is found and has held for a while before. */
const recurring: Part = (standing, on, told) => {
  const known = told.some(({ kind }) => kind === "recurring");
  if (standing.findings.length === 0) return { news: [], told };
  if (standing.recurs === null) return { news: [], told: told.filter(({ kind }) => kind !== "recurring") };
  if (known || !on.has("recurring")) return { news: [], told };
  const line: ToldLine = { key: WHOLE, kind: "recurring", mark: "" };
  return { news: [{ kind: "recurring", standing, findings: standing.findings }], told: [...told, line] };
};
