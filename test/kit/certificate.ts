import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A key with a certificate for 127.0.0.1 that only who is told so trusts; `file` holds the certificate. */
export type Certificate = { readonly key: string; readonly cert: string; readonly file: string };

/** Makes one in a directory, good from now on. */
export function certificate(directory: string): Certificate {
  const [keyFile, file] = [join(directory, "key.pem"), join(directory, "cert.pem")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30"];
  const args = ["req", "-x509", ...kind, ...subject, "-keyout", keyFile, "-out", file];
  execFileSync("openssl", args, { stdio: "pipe" });
  return { key: readFileSync(keyFile, "utf8"), cert: readFileSync(file, "utf8"), file };
}
