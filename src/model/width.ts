/** What a terminal draws two columns wide: East Asian wide and fullwidth characters, and emoji. Rather one too many than too few. */
const WIDE =
  /[\p{Emoji_Presentation}\u{1100}-\u{115F}\u{2329}\u{232A}\u{2630}-\u{2637}\u{268A}-\u{268F}\u{2E80}-\u{303E}\u{3041}-\u{A4CF}\u{A960}-\u{A97C}\u{AC00}-\u{D7A3}\u{F900}-\u{FAFF}\u{FE10}-\u{FE19}\u{FE30}-\u{FE6B}\u{FF01}-\u{FF60}\u{FFE0}-\u{FFE6}\u{16FE0}-\u{18DF2}\u{1AFF0}-\u{1B2FB}\u{1D300}-\u{1D376}\u{1F200}-\u{1F265}\u{20000}-\u{3FFFD}]/u;

/** What takes no column of its own. U+20E3 turns a digit into a wide keycap, so it counts. */
const NOTHING = /^(?!\u{20E3})[\p{Mn}\p{Me}]$/u;

/** How many columns of a terminal one printable character takes: 0, 1 or 2. */
export function widthOfCharacter(character: string): number {
  if (character <= "~") return 1;
  if (NOTHING.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}
