/** `text` as one word of any POSIX shell, whatever is in it (only NUL cannot be said to a shell). */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
