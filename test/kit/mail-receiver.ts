import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";

/** A mail as the server got it. */
export type Mail = {
  readonly from: string;
  readonly to: readonly string[];
  readonly user: string | null;
  readonly encrypted: boolean;
  /** With its headers. */
  readonly text: string;
};

/** A real SMTP server on loopback that keeps what it gets. */
export type MailReceiver = AsyncDisposable & { readonly port: number; readonly mails: Mail[] };

/** How it is set up. `refuse`: the code with which it answers each recipient, 0 for none; `login`: who may send. */
export type MailSetup = {
  readonly tls?: { readonly key: string; readonly cert: string };
  /** It speaks TLS from the first byte. */
  readonly secure?: boolean;
  readonly login?: { readonly user: string; readonly password: string };
  readonly refuse?: (recipient: string) => number;
};

/** Starts one. */
export async function mailReceiver({
  tls,
  secure = false,
  login,
  refuse = accept,
}: MailSetup = {}): Promise<MailReceiver> {
  const mails: Mail[] = [];
  const options: SMTPServerOptions = {
    secure,
    ...tls,
    authOptional: login === undefined,
    disabledCommands: [...(tls === undefined ? ["STARTTLS"] : []), ...(login === undefined ? ["AUTH"] : [])],
    onAuth: ({ username, password }, _session, done) => {
      if (username === login?.user && password === login?.password) done(null, { user: username });
      else done(answer(535, "wrong password"));
    },
    onRcptTo: ({ address }, _session, done) => {
      const code = refuse(address);
      done(code === 0 ? null : answer(code, `not for ${address}`));
    },
    onData: (stream, { envelope, user, secure: encrypted }, done) => {
      let whole = "";
      stream.setEncoding("utf8");
      stream.on("data", (chunk: string) => (whole += chunk));
      stream.on("end", () => {
        const from = envelope.mailFrom === false ? "" : envelope.mailFrom.address;
        const to = envelope.rcptTo.map(({ address }) => address);
        mails.push({ from, to, user: user === undefined ? null : String(user), encrypted, text: whole });
        done();
      });
    },
  };
  const server = new SMTPServer(options);
  // Who does not trust the certificate breaks off.
  server.on("error", () => undefined);
  server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  const { port } = server.server.address() as AddressInfo;
  return {
    port,
    mails,
    [Symbol.asyncDispose]: () => new Promise((done) => server.close(() => done())),
  };
}

function accept(): number {
  return 0;
}

function answer(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}
