import * as z from "zod";
import { InputOrigin } from "./origin.ts";
import { Label, Slug, about } from "./words.ts";

/** What is told of the runs of schedules. */
export const NoticeKind = z.enum(["found", "waiting", "fixed", "failed", "unknown", "recovered", "recurring"]);
export type NoticeKind = z.infer<typeof NoticeKind>;

/** A name of one line that may stand in a header. */
const Line = z
  .string()
  .min(1)
  .max(500)
  .regex(/^[^\u0000-\u001f\u007f-\u009f]*$/, "expected one line without control characters");

const Address = Line.regex(/^[^\s@]+@[^\s@]+$|<[^\s@<>]+@[^\s@<>]+>$/, "expected an address such as ops@example.org");

const MaybeSecret = z.union([Line, InputOrigin]);

/** Whether a text can be the value of a header: one line of Latin letters. */
export function isHeaderValue(text: string): boolean {
  return /^[\t\u0020-\u007e\u0080-\u00ff]*$/.test(text.trim());
}

const Webhook = z.strictObject({
  url: MaybeSecret.meta(
    about("Where it is sent; `{ env: VARIABLE }` where the address itself is a secret, as Slack's is."),
  ),
  format: z
    .enum(["json", "slack"])
    .default("json")
    .meta(about("The body: our JSON, or a message for Slack (default json).")),
  secret: InputOrigin.optional().meta(about("Signs the body: X-Runbook-Signature.")),
  headers: z.record(Line, MaybeSecret).optional().meta(about("Further headers of the request.")),
});

const Mail = z.strictObject({
  host: Line.meta(about("The server that takes the mail.")),
  port: z.int().min(1).max(65_535).optional().meta(about("Its port (default 587, 465 with tls, 25 without).")),
  tls: z
    .enum(["starttls", "tls", "none"])
    .default("starttls")
    .meta(about("How the connection is encrypted (default starttls). The certificate is always checked.")),
  from: Address.meta(about("The sender.")),
  to: z
    .union([Address, z.array(Address).min(1).max(100)])
    .transform((to) => (Array.isArray(to) ? to : [to]))
    .meta(about("Who gets it.")),
  user: Line.optional().meta(about("Whom to log in as, where the server wants that.")),
  password: InputOrigin.optional(),
});

/** One receiver as a person writes it. */
export const WrittenNotification = z.strictObject({
  name: Slug.meta(about("What schedules call it in `notify`.")),
  about: Label.optional().meta(about("Who reads it, in a sentence.")),
  webhook: Webhook.optional().meta(about("A request by HTTP.")),
  mail: Mail.optional().meta(about("A mail by SMTP.")),
  command: z
    .array(z.string().regex(/^[^\0]*$/, "expected a text without null characters"))
    .min(1)
    .refine(([program]) => program !== "", { path: [0], error: "expected the name of a program" })
    .optional()
    .meta(about("A program with its arguments; it gets the message as JSON on its stdin.")),
  on: z.array(NoticeKind).min(1).optional().meta(about("What is told (default: all of it).")),
  limit: z
    .int()
    .min(1)
    .max(1000)
    .default(30)
    .meta(about("Messages in an hour at most, and as many that ask; what is beyond is summed up in one (default 30).")),
});
export type WrittenNotification = z.infer<typeof WrittenNotification>;

/** How a message gets to its receiver. */
export type Receiver =
  | {
      readonly kind: "webhook";
      readonly url: string | InputOrigin;
      readonly format: "json" | "slack";
      /** Null: it is not signed. */
      readonly secret: InputOrigin | null;
      readonly headers: Readonly<Record<string, string | InputOrigin>>;
    }
  | {
      readonly kind: "mail";
      readonly host: string;
      readonly port: number;
      readonly tls: "starttls" | "tls" | "none";
      readonly from: string;
      readonly to: readonly string[];
      readonly login: { readonly user: string; readonly password: InputOrigin } | null;
    }
  | { readonly kind: "command"; readonly command: readonly string[] };

/** One receiver with everything decided. */
export type Notification = {
  readonly name: string;
  readonly about: string | null;
  readonly to: Receiver;
  readonly on: readonly NoticeKind[];
  /** Messages an hour. */
  readonly limit: number;
  /** `file:line`. */
  readonly where: string;
};
