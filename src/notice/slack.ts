import type { Notice } from "./notice.ts";
import { noticeLines } from "./words.ts";

/** Letters that Slack takes, with some to spare. */
const LONGEST = 30_000;

/**
 * The message as Slack and what is compatible with it take it. All that is not ours stands in a block of code, where nothing is made a link or a
 * mention, and what Slack would read as markup is escaped.
 */
export function slackPayload(notice: Notice): object {
  const text = fitting(noticeLines(notice).map(escaped), LONGEST);
  return {
    text: `\`${escaped(notice.title)}\`\n\`\`\`\n${text}\n\`\`\``,
    mrkdwn: true,
    parse: "none",
    link_names: 0,
    unfurl_links: false,
    unfurl_media: false,
  };
}

/** A grave accent would end the code; an apostrophe looks much the same. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("`", "'");
}

/** The first and the last lines, whole: the commands are at the end. */
function fitting(lines: readonly string[], most: number): string {
  if (lengthOf(lines) <= most) return lines.join("\n");
  const head = linesWithin(lines, most / 2);
  const tail = linesWithin(lines.slice(head.length).toReversed(), most / 2).toReversed();
  return [...head, "… left out here …", ...tail].join("\n");
}

function linesWithin(lines: readonly string[], most: number): readonly string[] {
  const end = lines.findIndex((_, at) => lengthOf(lines.slice(0, at + 1)) > most);
  return end < 0 ? lines : lines.slice(0, end);
}

function lengthOf(lines: readonly string[]): number {
  return lines.reduce((sum, { length }) => sum + length + 1, 0);
}
