/** The work on bare ssh2: one login and one long-lived shell a host, which reads script after script. No engine, no journal, no display. */
import { randomBytes } from "node:crypto";
import type { Client, ClientChannel } from "ssh2";
import { visitAll } from "./bare-login.ts";

/** One script between two marks: its own stdin is empty, and it ends with its mark on stderr, and its mark and exit status on stdout. */
function framed(script: string, mark: string): string {
  const quoted = `'${script.replaceAll("'", `'\\''`)}'`;
  return `( eval ${quoted} ) </dev/null; printf '\\n%s %s\\n' ${mark} "$?"; printf '\\n%s\\n' ${mark} >&2\n`;
}

function shell(client: Client): Promise<ClientChannel> {
  const { promise, resolve, reject } = Promise.withResolvers<ClientChannel>();
  client.exec("exec sh", (error, stream) => (error === undefined ? resolve(stream) : reject(error)));
  return promise;
}

function runs(stream: ClientChannel, script: string): Promise<string | null> {
  const { promise, resolve, reject } = Promise.withResolvers<string | null>();
  const mark = randomBytes(12).toString("hex");
  const end = new RegExp(`\\n${mark} (\\d+)\\n$`);
  let [out, err] = ["", ""];
  const look = (): void => {
    const ended = end.exec(out);
    if (ended === null || !err.endsWith(`\n${mark}\n`)) return;
    stream.removeListener("data", onOut).removeListener("close", lost);
    stream.stderr.removeListener("data", onErr);
    resolve(ended[1] === "0" ? out.slice(0, ended.index) : null);
  };
  const onOut = (chunk: Buffer): void => {
    out += chunk.toString();
    look();
  };
  const onErr = (chunk: Buffer): void => {
    err += chunk.toString();
    look();
  };
  const lost = (): void => reject(new Error("the shell ended"));
  stream.on("data", onOut).on("close", lost);
  stream.stderr.on("data", onErr);
  stream.write(framed(script, mark));
  return promise;
}

void visitAll(async (client, scripts) => {
  const stream = await shell(client);
  const out: (string | null)[] = [];
  for (const script of scripts) out.push(await runs(stream, script));
  return out;
});
