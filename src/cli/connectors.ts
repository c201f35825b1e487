import { connectorFor } from "../connect/choose.ts";
import { localConnector } from "../connect/local.ts";
import type { OpensshOptions } from "../connect/openssh/connector.ts";
import { newPace } from "../connect/ssh/pace.ts";
import { sshConnector } from "../connect/ssh/connector.ts";
import { configReader } from "../connect/config/read.ts";
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
  const shared = {
    home,
    acceptNewHostKeys: options.acceptNewHostKeys,
    ask: options.questions.ask,
    pace: newPace(),
    ...(agent === undefined || agent === "" ? {} : { agentSocket: agent }),
  };
  const configFile = options.sshConfig === undefined ? {} : { file: options.sshConfig };
  const ssh = sshConnector({
    ...shared,
    config: configReader({ home, ...configFile }),
    user: userName(env),
  });
  const openssh = systemSsh({ ...shared, ...configFile });
  return { all: connectorFor({ ssh, openssh, local }), local };
}

/** The system's ssh, whose driver is loaded where a host wants it. */
function systemSsh(options: OpensshOptions): Connector {
  let made: Promise<Connector> | undefined;
  const load = async (): Promise<Connector> => {
    const { opensshConnector } = await import("../connect/openssh/connector.ts");
    return opensshConnector(options);
  };
  return {
    async connect(host, signal) {
      made ??= load();
      const connector = await made;
      return connector.connect(host, signal);
    },
  };
}
