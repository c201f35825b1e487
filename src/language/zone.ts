import { suggest } from "./suggest.ts";

/** What is wrong with the name of a time zone; undefined: it is one. */
export function zoneProblem(zone: string): { readonly message: string; readonly hint: string } | undefined {
  if (canonical(zone) !== undefined) return undefined;
  const zones = [...Intl.supportedValuesOf("timeZone"), "UTC"];
  // People know the city: `Berlin`.
  const city = zones.find((each) => each.toLowerCase().endsWith(`/${zone.toLowerCase()}`));
  const meant = city ?? suggest(zone, zones);
  const hint =
    meant === undefined ? "expected an IANA name such as Europe/Berlin or UTC" : `did you mean \`${meant}\`?`;
  return { message: `there is no time zone \`${zone}\``, hint };
}

/** The name of a zone in the letters that it has: other programs look for a file of that name, and take `europe/berlin` for UTC. */
export function zoneName(zone: string): string {
  const known = canonical(zone);
  return known?.toLowerCase() === zone.toLowerCase() ? known : zone;
}

/** Whether two names mean one zone, as `Asia/Kolkata` and `Asia/Calcutta` do. */
export function isSameZone(one: string, other: string): boolean {
  const known = canonical(one);
  return known !== undefined && known === canonical(other);
}

/** The one of all names of a zone that stands for it; undefined: it is none. */
function canonical(timeZone: string): string | undefined {
  try {
    return new Intl.DateTimeFormat("en", { timeZone }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}
