import { connect, type Socket, type TcpNetConnectOpts } from "node:net";

/**
 * A TCP socket that sends what is written within one turn as one packet, at once.
 * Left alone, small packets wait for the other side's delayed acknowledgement: that doubled the time of short scripts.
 */
export function gatheringSocket(to: TcpNetConnectOpts): Socket {
  // Connected first: `connect` puts the socket's own `write` back.
  const socket = connect({ ...to, noDelay: true });
  const write = socket.write.bind(socket);
  let gathering = false;
  const gather = (): void => {
    if (gathering) return;
    gathering = true;
    socket.cork();
    process.nextTick(() => {
      gathering = false;
      socket.uncork();
    });
  };
  return Object.assign(socket, {
    write(...args: Parameters<Socket["write"]>) {
      gather();
      return write(...args);
    },
  });
}
