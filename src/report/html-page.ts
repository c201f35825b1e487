import { createHash } from "node:crypto";
import { SCRIPT, STYLE } from "./html-style.ts";
import { markup, textOf, type Markup } from "./markup.ts";

/** The browser runs and draws nothing but what has these hashes, and fetches nothing at all. */
const POLICY = `default-src 'none'; style-src '${hashOf(STYLE)}'; script-src '${hashOf(SCRIPT)}'; base-uri 'none'; form-action 'none'`;

function hashOf(text: Markup): string {
  return `sha256-${createHash("sha256").update(textOf(text)).digest("base64")}`;
}

/** A page that needs nothing else. Its hosts stand under `#hosts`. */
export function pageOf(title: string, body: Markup): string {
  return textOf(markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<a class="skip" href="#hosts">To the hosts</a>
${body}
<script>${SCRIPT}</script>
</body>
</html>
`);
}
