/** What the tests use of this package; its own types are for the browser as well. */
declare module "web-tree-sitter" {
  export class Node {
    readonly type: string;
    readonly text: string;
    readonly isNamed: boolean;
    readonly isMissing: boolean;
    readonly isError: boolean;
    readonly hasError: boolean;
    readonly startPosition: { readonly row: number; readonly column: number };
    readonly startIndex: number;
    readonly endIndex: number;
    readonly children: readonly (Node | null)[];
    readonly namedChildren: readonly (Node | null)[];
    childForFieldName(name: string): Node | null;
  }
  export class Language {
    static load(path: string): Promise<Language>;
    readonly name: string | null;
  }
  export class Parser {
    static init(): Promise<void>;
    setLanguage(language: Language): void;
    parse(text: string): { readonly rootNode: Node } | null;
  }
}
