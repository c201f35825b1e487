/** `9:00`, `9` and `0900` are times of day to people. */
export function timeHint(value: unknown): string | undefined {
  const text = typeof value === "string" || typeof value === "number" ? String(value) : "";
  const [, hours, minutes = "00"] = /^(\d{1,2})(?::?(\d{2}))?$/.exec(text) ?? [];
  if (hours === undefined || Number(hours) > 23 || Number(minutes) > 59) return undefined;
  return `write "${hours.padStart(2, "0")}:${minutes}"`;
}
