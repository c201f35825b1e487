import { connectorFor } from "../connect/choose.ts";
import { localConnector } from "../connect/local.ts";
import { sshConnector } from "../connect/ssh.ts";
import { configReader } from "../connect/sshconfig.ts";
import type { Connector } from "../run/ports.ts";
import type { Questions } from "./prompt.ts";
import { homeOf, userName } from "./user.ts";

/** Connections to hosts of every kind, as the command line asks for them; `local` is this machine. */
export function connectors(
  env: NodeJS.ProcessEnv,
  options: {
    readonly acceptNewHostKeys: boolean;
    readonly questions: Questions;
    /** `--ssh-config`. */
    readonly sshConfig: string | undefined;
  },
): { readonly all: Connector; readonly local: Connector } {
  const agent = env["SSH_AUTH_SOCK"];
  const home = homeOf(env);
  const local = localConnector();
  const ssh = sshConnector({
    home,
    config: configReader({ home, ...(options.sshConfig === undefined ? {} : { file: options.sshConfig }) }),
    user: userName(env),
    acceptNewHostKeys: options.acceptNewHostKeys,
    ...(agent === undefined || agent === "" ? {} : { agentSocket: agent }),
    ask: options.questions.ask,
  });
  return { all: connectorFor({ ssh, local }), local };
}
