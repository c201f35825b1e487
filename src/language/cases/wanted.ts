/** What a text is compared with, as a case writes it: a part of it, or `/a regular expression/`; or why it is none. */
export function patternOf(wanted: string): ((text: string) => boolean) | { readonly problem: string } {
  const [, source] = /^\/([\s\S]+)\/$/.exec(wanted) ?? [];
  if (source === undefined) return (text) => text.includes(wanted);
  try {
    const pattern = new RegExp(source, "mu");
    return (text) => pattern.test(text);
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
