import * as z from "zod";
import { NoticeKind } from "../model/notification.ts";
import { Severity } from "../model/runbook.ts";

/** What waits for a person, with all that is needed to decide on it. */
const NoticeCard = z.object({
  /** In few words: `web[01-37]`. */
  hosts: z.string(),
  /** Null: nothing is known of a fix. */
  risk: z.string().nullable(),
  /** Seconds that a yes counts. */
  expires: z.number().nullable(),
  /** The card as it is drawn for people: evidence, what would run, what speaks against it. */
  lines: z.array(z.string()),
  approve: z.string(),
  deny: z.string().nullable(),
});
export type NoticeCard = z.infer<typeof NoticeCard>;

/**
 * A message about one step of one run, or about a schedule, as it is kept until it is delivered; as JSON, it is what a webhook and a command get
 * (docs/notifications.md). Every text in it is masked and cleaned, and what a host said holds no link.
 */
export const Notice = z.object({
  version: z.literal(1),
  /** The same for every attempt to deliver it. */
  id: z.string(),
  kind: z.enum([...NoticeKind.options, "summary", "test"]),
  /** Whom it is for. */
  notification: z.string(),
  title: z.string(),
  /** ISO 8601 in UTC. */
  at: z.string(),
  schedule: z.string().nullable(),
  /** When the schedule was due. */
  fire: z.string().nullable(),
  run: z.string().nullable(),
  /** Who has the run's record, and on which machine: the commands are for there. */
  by: z.string().nullable().default(null),
  machine: z.string().nullable().default(null),
  runbook: z.object({ name: z.string(), title: z.string() }).nullable(),
  /** Null: it is about whole hosts. */
  step: z.object({ id: z.string(), title: z.string(), severity: Severity }).nullable(),
  hosts: z.object({ count: z.number(), names: z.array(z.string()) }),
  /** Of a schedule that cannot do its work: why. */
  reason: z.string().default(""),
  findings: z.array(z.object({ host: z.string(), what: z.string(), reason: z.string() })),
  cards: z.array(NoticeCard),
  /** The command that shows more of it. */
  more: z.string().nullable(),
  /** Of a summary: the messages that it stands for. */
  messages: z.array(z.object({ id: z.string(), kind: z.string(), title: z.string(), more: z.string().nullable() })),
  /** How many more there are: messages that a summary stands for, or cards. */
  unlisted: z.number().default(0),
});
export type Notice = z.infer<typeof Notice>;
