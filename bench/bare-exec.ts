/** The work on bare ssh2: one login a host, one exec a script. No engine, no journal, no display. */
import type { Client } from "ssh2";
import { visitAll } from "./bare-login.ts";

function runs(client: Client, script: string): Promise<string | null> {
  const { promise, resolve, reject } = Promise.withResolvers<string | null>();
  client.exec(script, (error, stream) => {
    if (error !== undefined) {
      reject(error);
      return;
    }
    const [out, err]: [Buffer[], Buffer[]] = [[], []];
    stream.on("data", (chunk: Buffer) => out.push(chunk));
    stream.stderr.on("data", (chunk: Buffer) => err.push(chunk));
    let code: number | null = null;
    stream.on("exit", (exit: number | null) => (code = exit));
    stream.on("close", () => resolve(code === 0 ? Buffer.concat(out).toString() : null));
    stream.end();
  });
  return promise;
}

void visitAll(async (client, scripts) => {
  const out: (string | null)[] = [];
  for (const script of scripts) out.push(await runs(client, script));
  return out;
});
