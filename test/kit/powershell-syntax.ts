import { createRequire } from "node:module";
import { Language, Parser, type Node } from "web-tree-sitter";

const parser = await load();

async function load(): Promise<Parser> {
  await Parser.init();
  const made = new Parser();
  made.setLanguage(
    await Language.load(createRequire(import.meta.url).resolve("tree-sitter-powershell/tree-sitter-powershell.wasm")),
  );
  return made;
}

/** The tree of a PowerShell script by a grammar that is not PowerShell's own: it knows the language, and no more. */
export function parsePowershell(text: string): Node {
  const tree = parser.parse(text);
  if (tree === null) throw new Error("nothing was parsed");
  return tree.rootNode;
}

/** The places that the grammar does not understand, as `line: text`; none: it is a PowerShell script, as far as a parser tells. */
export function powershellFaults(text: string): string[] {
  const root = parsePowershell(text);
  return root.hasError ? [...faultsIn(root)] : [];
}

function* faultsIn(node: Node): Generator<string> {
  if (node.isMissing) yield `${node.startPosition.row + 1}: ${node.type} is missing`;
  else if (node.isError) yield `${node.startPosition.row + 1}: ${node.text.slice(0, 80)}`;
  else
    for (const child of node.children)
      if (child !== null && (child.hasError || child.isMissing)) yield* faultsIn(child);
}

/** Every script that a text hands to `[ScriptBlock]::Create` or `.AddScript` as one literal, innermost included; and the text itself. */
export function scriptsWithin(text: string): string[] {
  return [text, ...literalsOf(parsePowershell(text)).flatMap((inner) => scriptsWithin(inner))];
}

function literalsOf(node: Node): string[] {
  const own =
    node.type === "invokation_expression" &&
    /(::\s*Create|\.AddScript)\s*\('/i.test(node.text.slice(0, 40)) &&
    !/^[^']*'[^']*$/.test(node.text);
  const argument = own ? firstString(node) : undefined;
  const rest = node.namedChildren.flatMap((child) => (child === null ? [] : literalsOf(child)));
  return argument === undefined ? rest : [unquoted(argument), ...rest];
}

function firstString(node: Node): string | undefined {
  if (node.type === "verbatim_string_characters") return node.text;
  for (const child of node.namedChildren) {
    const found = child === null ? undefined : firstString(child);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The text of a literal in single quotes, as PowerShell's own tokenizer reads it: of two quotes of any kind the second stands. */
export function unquoted(literal: string): string {
  return literal.slice(1, -1).replaceAll(/['\u2018-\u201B](['\u2018-\u201B])/g, "$1");
}
