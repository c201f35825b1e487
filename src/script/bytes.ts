const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** First code unit of the range that stands for single bytes: byte 0x80 is U+DC80, byte 0xFF is U+DCFF. */
const ESCAPE = 0xdc00;

/**
 * Bytes as text, without loss: what is not UTF-8 becomes lone surrogates U+DC80…U+DCFF, one a byte,
 * so that a file name with odd bytes can be kept, compared, and sent back as it was.
 */
export function decode(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    return decodeOdd(bytes);
  }
}

/** The exact inverse of `decode`. A lone surrogate that `decode` never makes turns into U+FFFD. */
export function encode(text: string): Uint8Array {
  if (text.isWellFormed()) return encoder.encode(text);
  const parts: Uint8Array[] = [];
  for (const piece of text.split(/(\p{Surrogate}+)/u)) {
    parts.push(/^\p{Surrogate}/u.test(piece) ? encodeLone(piece) : encoder.encode(piece));
  }
  return Buffer.concat(parts);
}

/** How many bytes at the end of `bytes` begin a UTF-8 character whose rest may still come: 0 to 3. */
export function unfinished(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte >= 0xc2 && byte <= 0xf4) return sequenceLength(byte) > back ? back : 0;
    if (byte < 0x80 || byte > 0xbf) return 0;
  }
  return 0;
}

function decodeOdd(bytes: Uint8Array): string {
  let text = "";
  let start = 0;
  let at = 0;
  while (at < bytes.length) {
    const length = validLength(bytes, at);
    if (length > 0) {
      at += length;
      continue;
    }
    text += strict.decode(bytes.subarray(start, at)) + String.fromCharCode(ESCAPE + (bytes[at] ?? 0));
    at += 1;
    start = at;
  }
  return text + strict.decode(bytes.subarray(start));
}

/** Length of the valid UTF-8 character at `at`, or 0. The narrower ranges keep out overlong forms, surrogates and what is beyond U+10FFFF. */
function validLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] ?? 0;
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const length = sequenceLength(lead);
  const second = bytes[at + 1] ?? 0;
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (let more = 2; more < length; more++) {
    const byte = bytes[at + more] ?? 0;
    if (byte < 0x80 || byte > 0xbf) return 0;
  }
  return length;
}

function sequenceLength(lead: number): number {
  return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

function encodeLone(surrogates: string): Uint8Array {
  return Buffer.concat(
    Array.from(surrogates, (unit) => {
      const byte = unit.charCodeAt(0) - ESCAPE;
      return byte >= 0x80 && byte <= 0xff ? Uint8Array.of(byte) : encoder.encode("\u{FFFD}");
    }),
  );
}
