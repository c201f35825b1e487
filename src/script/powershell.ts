/** A value as PowerShell sees it: text, a number as it is written, yes or no, nothing; or findings, as objects with such values. */
export type Value =
  | { readonly kind: "text" | "number"; readonly text: string }
  | { readonly kind: "boolean"; readonly yes: boolean }
  | { readonly kind: "null" }
  | { readonly kind: "objects"; readonly objects: readonly Members[] };

/** Name → value of an object. */
export type Members = ReadonlyMap<string, Value>;

/** What a script is made of. */
export type WindowsParts = {
  /** The members of `$rb`. */
  readonly members: Members;
  /** PowerShell text put before the body; empty for none. */
  readonly functions: string;
  /** Base name → content; written only when there are some, to a directory that is gone when the script has ended. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** A word nobody can guess: names the directory of `files`. */
  readonly filesName: string;
  readonly body: string;
  /** Name of the run's `$rb.keep` directory on this host; absent: the script has none. */
  readonly keepName?: string;
};

/**
 * `text` as one PowerShell string in which nothing means anything. Typographic quotes end a string as `'` does (U+2018 to U+201B), and each
 * is doubled as itself.
 */
export function literal(text: string): string {
  if (text.includes("\0")) throw new RangeError("a value holds a NUL byte, which no shell can take");
  return `'${text.replaceAll(/['\u2018-\u201B]/g, "$&$&")}'`;
}

/** One script as text for `frame`: `$rb` with its members, `functions` and the body, each a script of its own so that lines are counted from its first. */
export function assembleWindows(parts: WindowsParts): string {
  const { members, functions, files, filesName, body, keepName } = parts;
  const lines = [
    `$rb = ${objectOf(members)}`,
    keepName === undefined ? "" : keep(keepName),
    functions === "" ? "" : `. ([ScriptBlock]::Create(${literal(functions)}))`,
    files.size === 0 ? run(body) : withFiles(files, filesName, run(body)),
  ];
  return lines.filter((line) => line !== "").join("\n");
}

/** Text that removes the run's private directory. */
export function dropWindowsKeep(name: string): string {
  return `$rbKeep = Join-Path ${OWN_PLACE} ${literal(name)}
if (Test-Path -LiteralPath $rbKeep) { Remove-Item -LiteralPath $rbKeep -Recurse -Force }`;
}

function run(body: string): string {
  return `. ([ScriptBlock]::Create(${literal(body)}))`;
}

/** PowerShell 2 has no `[pscustomobject]`, and members of a hashtable would hide behind its own, such as `count`. */
function objectOf(members: Members): string {
  if (members.size === 0) return "New-Object -TypeName PSObject";
  const pairs = [...members].map(([name, value]) => `${literal(name)} = ${valueText(value)}`);
  return `New-Object -TypeName PSObject -Property @{ ${pairs.join("; ")} }`;
}

function valueText(value: Value): string {
  switch (value.kind) {
    case "text":
      return literal(value.text);
    case "number":
      return /^-?\d+(\.\d+)?$/.test(value.text) ? value.text : `[double]${literal(value.text)}`;
    case "boolean":
      return value.yes ? "$true" : "$false";
    case "null":
      return "$null";
    case "objects":
      return `@(${value.objects.map((each) => `(${objectOf(each)})`).join(", ")})`;
  }
}

/** The login user's own data: nobody but administrators may read it, and it outlasts a boot. */
const OWN_PLACE = "([Environment]::GetFolderPath('LocalApplicationData'))";

/** What is private by its place. A user whose profile is not loaded has none. */
function keep(name: string): string {
  return `if (${OWN_PLACE} -eq '') { throw 'this user has no directory for private data (LocalApplicationData)' }
Add-Member -InputObject $rb -MemberType NoteProperty -Name keep -Value (Join-Path ${OWN_PLACE} ${literal(name)})
[void][IO.Directory]::CreateDirectory($rb.keep)`;
}

function withFiles(files: ReadonlyMap<string, Uint8Array>, name: string, body: string): string {
  if (!/^[\w-]{8,}$/.test(name)) throw new RangeError("files need a name for their directory");
  const writes = [...files].map(
    ([file, bytes]) =>
      `  [IO.File]::WriteAllBytes((Join-Path $rb.files ${literal(file)}), [Convert]::FromBase64String('${Buffer.from(bytes).toString("base64")}'))`,
  );
  return `Add-Member -InputObject $rb -MemberType NoteProperty -Name files -Value (Join-Path ([IO.Path]::GetTempPath()) ${literal(name)})
[void][IO.Directory]::CreateDirectory($rb.files)
try {
${writes.join("\n")}
  ${body}
} finally {
  Remove-Item -LiteralPath $rb.files -Recurse -Force
}`;
}
