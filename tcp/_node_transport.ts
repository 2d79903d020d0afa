import type { NetAddr } from "../address/mod.ts";
import type net from "node:net";
import { connectSocket } from "../stream/_node_seam.ts";
import { DuplexTransport } from "../stream/_seam.ts";
import { plainNetAddr } from "./_net_addr.ts";
import type { ConnectTarget, TcpTransport } from "./_transport.ts";

/** A connection over `node:net`, which can bind the near end and send RST. */
export class NodeTransport extends DuplexTransport<NetAddr, net.Socket>
  implements TcpTransport {
  constructor(socket: net.Socket, { isAccepted }: { isAccepted: boolean }) {
    const { localAddress, localPort, remoteAddress, remotePort } = socket;
    super(socket, {
      localAddr: addrOf(localAddress, localPort),
      remoteAddr: addrOf(remoteAddress, remotePort),
      isNew: isAccepted,
    });
  }

  get hasIdleTime(): boolean {
    return true;
  }

  setNoDelay(on: boolean): void {
    this.duplex.setNoDelay(on);
  }

  setKeepAlive(on: boolean, idle?: number): void {
    // The runtime cuts seconds off, and passes over what is less than one.
    const seconds = idle === undefined ? undefined : Math.ceil(idle / 1000);
    this.duplex.setKeepAlive(on, seconds && seconds * 1000);
  }
}

function addrOf(hostname = "", port = 0): NetAddr {
  return plainNetAddr({ hostname, port });
}

/** Connects; an abort ends the attempt and closes its socket. */
export async function connect(
  { hostname: host, port, localAddress, localPort }: ConnectTarget,
  signal: AbortSignal,
): Promise<TcpTransport> {
  const options: net.TcpNetConnectOpts = { host, port };
  if (localAddress !== undefined) options.localAddress = localAddress;
  if (localPort !== undefined) options.localPort = localPort;
  const socket = await connectSocket(options, signal);
  return new NodeTransport(socket, { isAccepted: false });
}
