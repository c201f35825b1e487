/** A moment as every report writes it, from ms since the epoch. */
export function iso(at: number): string {
  return new Date(at).toISOString();
}
