import { suggest } from "./suggest.ts";

/** What is wrong with the name of a time zone; undefined: it is one. */
export function zoneProblem(zone: string): { readonly message: string; readonly hint: string } | undefined {
  if (isZone(zone)) return undefined;
  const zones = [...Intl.supportedValuesOf("timeZone"), "UTC"];
  // People know the city: `Berlin`.
  const city = zones.find((each) => each.toLowerCase().endsWith(`/${zone.toLowerCase()}`));
  const meant = city ?? suggest(zone, zones);
  const hint =
    meant === undefined ? "expected an IANA name such as Europe/Berlin or UTC" : `did you mean \`${meant}\`?`;
  return { message: `there is no time zone \`${zone}\``, hint };
}

function isZone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
