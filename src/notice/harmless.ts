import { clean } from "../view/clean.ts";
import type { Privacy } from "../view/privacy.ts";

/** A text of some hosts as a message may show it. */
export type Harmless = (hosts: readonly string[], text: string) => string;

/** What is private on the hosts is hidden, what could fool a reader is escaped, and nothing in it can be followed. */
export function harmlessBy(privacy: (host: string) => Privacy): Harmless {
  return (hosts, text) => {
    const masked = hosts.reduce((left, host) => privacy(host).text(left), text);
    return withoutLinks(clean(masked));
  };
}

/**
 * Mail programs and chats make links by themselves of what looks like one: `https[:]//`, `www[.]`, `example[.]org/path`, `ops[@]example.org`, `[\\]server`.
 * A name such as `example.org` alone stays what it is: names of files look no different.
 */
export function withoutLinks(text: string): string {
  return text
    .replaceAll("://", "[:]//")
    .replaceAll(/\bmailto:/gi, "mailto[:]")
    .replaceAll(/\bwww\./gi, "www[.]")
    .replaceAll(/(?<![\w./@-])((?:[\w-]+\.)*[\w-]+)\.(?=[a-z]{2,}(?::\d+)?\/)/gi, "$1[.]")
    .replaceAll(/(?<!\\)\\\\(?=\w)/g, "[\\\\]")
    .replaceAll(/(?<=[\w.+-])@(?=[\w-]+\.\w)/g, "[@]");
}
