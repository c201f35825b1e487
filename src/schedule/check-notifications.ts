import type { Report } from "../language/runbook/check-report.ts";
import { valueAt } from "../language/schema/schema-faults.ts";
import type { Path } from "../language/yaml/path.ts";
import { isHeaderValue, type WrittenNotification } from "../model/notification.ts";
import type { Fault } from "../model/fault.ts";
import type { InputOrigin } from "../model/origin.ts";

/** Checks what a schema cannot say of notifications. */
export function checkNotifications(report: Report, notifications: readonly WrittenNotification[]): void {
  const told = [report.faults.length, report.warnings.length];
  for (const [index, written] of notifications.entries()) {
    const path: Path = ["notifications", index];
    checkKind(report, path, written);
    if (written.webhook !== undefined) checkWebhook(report, [...path, "webhook"], written.webhook);
    if (written.mail !== undefined) checkMail(report, [...path, "mail"], written.mail);
  }
  // A secret may stand on the line of any of them.
  for (const fault of [...report.faults.slice(told[0]), ...report.warnings.slice(told[1])]) delete fault.excerpt;
  checkNames(report);
}

/** A fault of a notification's shape, without its line and without what was found there: either may be a secret. */
export function withoutValues(fault: Fault): Fault {
  const quiet = { ...fault };
  delete quiet.excerpt;
  // These are words of ours.
  if (fault.message.includes(" of `on`:")) return quiet;
  quiet.message = fault.message.replace(/, found .*$/s, "");
  if (fault.hint?.startsWith("write ") === true) delete quiet.hint;
  return quiet;
}

/** The names that notifications have in the file, also of those that are wrong otherwise. */
export function namesWritten({ yaml }: Report): readonly string[] {
  const written = valueAt(yaml.value, ["notifications"]);
  if (!Array.isArray(written)) return [];
  return written.flatMap((_, index) => {
    const name = valueAt(written, [index, "name"]);
    return typeof name === "string" ? [name] : [];
  });
}

const KINDS = ["webhook", "mail", "command"] as const;

/** As it is written: what is wrong in one of them is told already. */
function checkKind(report: Report, path: Path, { name }: WrittenNotification): void {
  const given = KINDS.filter((kind) => valueAt(report.yaml.value, [...path, kind]) !== undefined);
  const [, second] = given;
  if (second !== undefined) {
    const hint = "keep one of them, and write another notification for the other";
    report.fault([...path, second], `\`${name}\` has both \`${given.join("` and `")}\``, hint, "key");
  } else if (given.length === 0 && !hasUnknown(report, path)) {
    report.fault(path, `\`${name}\` says nowhere to send to`, "expected one of webhook, mail, command", "key");
  }
}

const KNOWN: ReadonlySet<string> = new Set([...KINDS, "name", "about", "on", "limit"]);

/** A key that is misspelt may be the one that is missing. */
function hasUnknown({ yaml }: Report, path: Path): boolean {
  return Object.keys(Object(valueAt(yaml.value, path))).some((key) => !KNOWN.has(key));
}

/** Headers that hold what nobody else may know. */
const SECRET_HEADER = /^(proxy-)?authorization$|^cookie$|token|secret|password|api-?key/i;
/** Headers that are ours to set. */
const OURS =
  /^(content-(type|length|encoding)|host|connection|keep-alive|upgrade|expect|transfer-encoding|idempotency-key|user-agent|x-runbook-.*)$/i;

function checkWebhook(report: Report, path: Path, webhook: NonNullable<WrittenNotification["webhook"]>): void {
  const { url, secret, headers = {} } = webhook;
  checkOrigin(report, [...path, "secret"], secret);
  if (typeof url === "string") checkUrl(report, [...path, "url"], url);
  else checkOrigin(report, [...path, "url"], url);
  for (const [name, value] of Object.entries(headers)) {
    const place = [...path, "headers", name];
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) {
      report.fault(place, `\`${name}\` is no name of a header`, "such as X-Team", "key");
    } else if (OURS.test(name)) {
      report.fault(place, `the header \`${name}\` is set by runbook`, "leave it out", "key");
    } else if (typeof value !== "string") checkOrigin(report, place, value);
    else if (!isHeaderValue(value)) {
      report.fault(place, `the value of \`${name}\` cannot stand in a header`, "use Latin letters alone");
    } else if (SECRET_HEADER.test(name)) {
      report.fault(place, `\`${name}\` is a secret and stands in the file`, "such as `{ env: VARIABLE }`", "key");
    }
  }
}

/** Services whose addresses let everybody write who knows them. */
const SECRET_PLACES = /(^|\.)(hooks\.slack\.com|discord(app)?\.com|webhook\.office\.com)$/;

function checkUrl(report: Report, place: Path, text: string): void {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    // Not what it is: one that is misspelt may still be a secret.
    report.fault(place, "this is no address of HTTP", "such as https://example.org/hook");
    return;
  }
  const origin = "write `{ env: VARIABLE }` or `{ file: … }` instead";
  if (url.username !== "" || url.password !== "") {
    report.fault(place, "a password stands in the address", origin);
  } else if (SECRET_PLACES.test(url.hostname)) {
    report.warn(place, "whoever reads this address can write there: it is a secret", origin);
  } else if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    report.warn(
      place,
      "what is found on hosts goes over the network unencrypted",
      "https, where the receiver knows it",
    );
  }
}

function checkMail(report: Report, path: Path, mail: NonNullable<WrittenNotification["mail"]>): void {
  const { user, password, tls, host } = mail;
  checkOrigin(report, [...path, "password"], password);
  if ((user === undefined) !== (password === undefined)) {
    const [there, missing] = user === undefined ? ["password", "user"] : ["user", "password"];
    report.fault([...path, there], `\`${there}\` is given without \`${missing}\``, "give both, or neither", "key");
  }
  if (tls !== "none" || isLoopback(host)) return;
  if (password !== undefined) {
    report.fault([...path, "tls"], "the password would go over the network unencrypted", "tls: starttls");
  } else report.warn([...path, "tls"], "mails go over the network unencrypted", "tls: starttls");
}

/** Whether a name or an address is this machine, for this machine alone. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[?::1\]?)$/.test(host);
}

function checkOrigin(report: Report, place: Path, origin: InputOrigin | undefined): void {
  if (origin === undefined) return;
  // As it is written: an unknown key is told already.
  if (Object.keys(Object(valueAt(report.yaml.value, place))).length === 1) return;
  const message = `\`${place.at(-1)}\` must come from one place: expected one of env, file, command`;
  report.fault(place, message, "such as `{ env: VARIABLE }`", "key");
}

function checkNames(report: Report): void {
  const written = valueAt(report.yaml.value, ["notifications"]);
  if (!Array.isArray(written)) return;
  const seen = new Map<string, number>();
  for (const index of written.keys()) {
    const path = ["notifications", index, "name"];
    const name = valueAt(report.yaml.value, path);
    if (typeof name !== "string") continue;
    const first = seen.get(name);
    if (first === undefined) {
      seen.set(name, index);
      continue;
    }
    const { line } = report.yaml.place(["notifications", first, "name"]);
    report.fault(path, `another notification is called \`${name}\`, on line ${line}`, "rename one of them");
  }
}
