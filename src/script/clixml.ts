const BLOCK = /#< CLIXML\r?\n?(<Objs\b[^]*?<\/Objs>)\r?\n?/g;

/**
 * What a PowerShell said as CLIXML, which it takes another PowerShell to read, as text: errors and warnings are kept, progress goes. What is
 * torn stays as it is: an error must not get lost in it.
 */
export function withoutClixml(text: string): string {
  if (!text.includes("#< CLIXML")) return text;
  return text.replaceAll(BLOCK, (_, objects: string) =>
    Array.from(objects.matchAll(/<S S="(\w+)">([^<]*)<\/S>/g), ([, stream = "", said = ""]) =>
      stream === "Error" ? plain(said) : `${stream.toUpperCase()}: ${plain(said)}`,
    ).join(""),
  );
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

function plain(text: string): string {
  return text
    .replaceAll(/_x([\dA-F]{4})_/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replaceAll(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => ENTITIES[name] ?? "")
    .replaceAll("\r\n", "\n");
}
