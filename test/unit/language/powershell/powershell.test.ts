import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readPowershell, type PowershellScript } from "../../../../src/language/powershell/powershell.ts";
import { dialectOf } from "../../../../src/script/dialect.ts";
import { endScript, IDENTITY, windowsFrame } from "../../../../src/script/powershell-session.ts";
import { powershellFaults, scriptsWithin } from "../../../kit/powershell-syntax.ts";

function read(text: string): PowershellScript {
  const script = readPowershell(text);
  if ("message" in script) throw new Error(`${script.at}: ${script.message}`);
  return script;
}

const names = (all: readonly { readonly name: string }[]): string[] => all.map(({ name }) => name);

describe("a PowerShell script is read", () => {
  test("with its variables, also in strings, and the members of $rb", () => {
    const script = read(`# $no
$used = Get-Free $rb.Mount \${rb}.x
"$used of $($rb.full_percent) at $rb.mount \`$no" + '$no $rb.no' <# $no #>
@"
$here \`$no $($rb.inner)
"@
@'
$no
'@
foreach ($one in $all) { $env:PATH; $global:seen += $one }
cmd.exe --% $no "`);
    expect(names(script.members)).toEqual(["mount", "x", "full_percent", "inner"]);
    expect(names(script.references)).toEqual(["used", "used", "rb", "here", "one", "all", "seen", "one"]);
    expect([...script.assigned].toSorted()).toEqual(["one", "seen", "used"]);
    expect(names(script.words)).toContain("get-free");
  });

  test("with what parameters and other commands set", () => {
    const text =
      "function Get-X($a, [int]$b = 1) { param($c) }\nGet-Y -OutVariable d -ErrorVariable +e; $f++; F ([ref]$g)";
    expect([...read(text).assigned].toSorted()).toEqual(["a", "b", "c", "d", "e", "f", "g"]);
  });

  test.each([
    ["'never", "0: this quote is never closed"],
    ["'typographic’ 'and’s'", "20: this quote is never closed"],
    ['"never $(1)', "0: this quote is never closed"],
    ['"$(1 + (2"', "9: this quote is never closed"],
    ["if ($true) {\n  1", "11: this `{` is never closed"],
    ["if ($true) }", "11: nothing is open that this `}` closes"],
    ["(1 }", "3: this `}` closes a `(`"],
    ["<# never", "0: this comment is never closed"],
    ["@'\nnever", "0: this here-string is never closed"],
  ])("as far as its end: %s", (text, message) => {
    expect(() => read(text)).toThrow(message);
  });

  test("and never called broken where a parser of the language understands it", () => {
    const claim = { run: "r", place: 1, by: "b", since: 1, need: 1, within: 1 };
    const own = [windowsFrame({ script: "'x'", mark: "rb-1", deadline: 1, tidy: true }), IDENTITY, endScript(1)];
    for (const text of [...own, dialectOf("powershell").underLock(claim, "#", "rb-2")].flatMap(scriptsWithin))
      expect(read(text).text).toBe(text);
    const piece = fc.constantFrom(
      "'a''b'",
      '"a`"b$x$($y)"',
      "$rb.a",
      "{ 1 }",
      "(2)",
      "# it's (\n",
      "<# ' #>",
      "@'\n'\n'@\n",
      "foo",
      "-eq",
      ";",
      "\n",
      "[int]",
      "`'",
      "@{ a = 1 }",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const text = pieces.join(" ");
        if (powershellFaults(text).length === 0) read(text);
      }),
    );
  });
});
