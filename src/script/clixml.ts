/** What PowerShell writes for another PowerShell to read: the header, the frame of all objects, progress, and texts of a stream. */
const MARKUP =
  /#< CLIXML\r?\n?|<Objs\b[^>]*>|<Obj S="progress"[^]*?<\/Obj>|<\/Objs>(?:\r?\n)?|<S S="(\w+)">([^<]*)<\/S>/g;

/**
 * What PowerShell said as CLIXML as text: errors and warnings are kept, progress goes. Windows PowerShell writes its own errors so where its command
 * is an encoded one, and ends the frame only as it ends itself, after our marks. What is torn stays as it is: an error must not get lost in it.
 */
export function withoutClixml(text: string): string {
  if (!/#< CLIXML|<Obj(?:s Version=| S="progress")/.test(text)) return text;
  return text.replaceAll(MARKUP, (_, stream: string | undefined, said: string | undefined) => {
    if (stream === undefined) return "";
    return stream === "Error" ? plain(said ?? "") : `${stream.toUpperCase()}: ${plain(said ?? "")}`;
  });
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

function plain(text: string): string {
  return text
    .replaceAll(/_x([\dA-F]{4})_/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replaceAll(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => ENTITIES[name] ?? "")
    .replaceAll("\r\n", "\n");
}
