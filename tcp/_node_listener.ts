import type { NetAddr } from "../address/mod.ts";
import type net from "node:net";
import { isDeno, requireNet } from "../internal/runtime/mod.ts";
import { NodeListener, openServer } from "../stream/_node_seam.ts";
import { descriptorShortage, listenFailure } from "./_deno_probe.ts";
import { NodeTransport } from "./_node_transport.ts";
import { DEFAULT_BACKLOG } from "./_transport.ts";
import type {
  ListenTarget,
  TcpListenerTransport,
  TcpTransport,
} from "./_transport.ts";

export { connect } from "./_node_transport.ts";

/** How long the runtime may take to let go of a port, in milliseconds. */
const LETTING_GO = 1000;
/** When our own listeners on these ports were closed. */
const closedAt = new Map<number, number>();

/** Listens, on a port that one of our own listeners may just have closed, too. */
export async function listen(
  target: ListenTarget,
): Promise<TcpListenerTransport> {
  const server = await openWhenFree(target);
  const { address: hostname, port } = server.address() as net.AddressInfo;
  const again = { ...target, port };
  return new NodeListener<NetAddr, TcpTransport>(server, {
    addr: { transport: "tcp", hostname, port },
    backlog: target.backlog,
    open: (socket) => new NodeTransport(socket, { isAccepted: true }),
    refuse: (socket) => socket.resetAndDestroy(),
    shortage: isDeno ? () => descriptorShortage(again) : undefined,
    close(server) {
      server.close();
      const now = performance.now();
      for (const [old, at] of closedAt) {
        if (now - at > LETTING_GO) closedAt.delete(old);
      }
      closedAt.set(port, now);
    },
    reopen: () => openWhenFree(again),
  });
}

/** Listens, again and again while the runtime may still let go of the port. */
async function openWhenFree(target: ListenTarget): Promise<net.Server> {
  for (;;) {
    try {
      return await open(target);
    } catch (error) {
      const { code } = error as { code?: unknown };
      const age = performance.now() - (closedAt.get(target.port) ?? -Infinity);
      if (code !== "EADDRINUSE" || age > LETTING_GO) throw error;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
}

function open(target: ListenTarget): Promise<net.Server> {
  const { hostname, port, backlog = DEFAULT_BACKLOG } = target;
  const { reusePort = false, ipv6Only = false } = target;
  requireNet(hostname, port);
  const where = { host: hostname, port, backlog, reusePort, ipv6Only };
  return openServer(where, {
    // `node:net` says EINVAL to an address that is not this host's.
    explain: (error) =>
      error.code === "EINVAL" && isDeno
        ? listenFailure(target) ?? error
        : error,
  });
}
