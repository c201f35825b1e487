import type { Notification, Receiver } from "../model/notification.ts";
import type { InputOrigin } from "../model/origin.ts";
import type { Opened } from "../model/secret.ts";
import type { Notice } from "../notice/notice.ts";
import type { Clock } from "../run/ports.ts";

/**
 * What became of an attempt. `refused`: another attempt would end the same way. `later`: the receiver could not be reached, or wants it later;
 * `after`: in so many ms at the earliest. `why` holds no secret and is cleaned.
 */
export type Sent =
  | { readonly kind: "sent"; readonly why: string }
  | { readonly kind: "refused"; readonly why: string }
  | { readonly kind: "later"; readonly why: string; readonly after?: number };

/** Delivers a message to the receiver of a notification, or says why not. Never throws, and ends soon after the signal. */
export type Send = (notification: Notification, notice: Notice, signal: AbortSignal) => Promise<Sent>;

/** Where senders get secrets from, and begin to look for files and programs. */
export type Surroundings = {
  readonly clock: Clock;
  readonly reveal: (origin: InputOrigin) => Promise<Opened>;
  readonly directory: string;
  /** ms that an attempt may take, with all that it needs; left out: `PATIENCE`. */
  readonly patience?: Patience;
};

/** ms that an attempt may take, by the way in which it is sent. */
export type Patience = Readonly<Record<Receiver["kind"], number>>;

/** Mail servers let those wait whom they do not know. */
export const PATIENCE: Patience = { webhook: 30_000, command: 30_000, mail: 120_000 };
