import type { Notice } from "./notice.ts";
import { noticeLines } from "./words.ts";

/** Letters that Slack takes, with some to spare for what is escaped. */
const LONGEST = 20_000;

/**
 * The message as Slack and what is compatible with it take it. All that is not ours stands in a block of code, where nothing is made a link or a
 * mention, and what Slack would read as markup is escaped.
 */
export function slackPayload(notice: Notice): object {
  const lines = noticeLines(notice);
  const text = fitting(lines, LONGEST);
  const title = `\`${escaped(notice.title)}\``;
  return {
    text: `${title}\n\`\`\`\n${escaped(text)}\n\`\`\``,
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

/** The first and the last lines: the commands are at the end. */
function fitting(lines: readonly string[], most: number): string {
  const whole = lines.join("\n");
  if (whole.length <= most) return whole;
  const half = Math.floor(most / 2);
  return `${whole.slice(0, half)}\n… left out here …\n${whole.slice(-half)}`;
}
