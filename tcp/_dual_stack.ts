import type { NetAddr } from "../address/mod.ts";
import { isError, SYSTEM } from "../internal/runtime/mod.ts";
import { listenFailure } from "./_deno_probe.ts";
import type {
  ListenTarget,
  TcpListenerTransport,
  TcpTransport,
} from "./_transport.ts";

const ANY_IPV4 = "0.0.0.0";
/** How many free ports are tried until one is free for both families. */
const MAX_PORTS = 10;

/**
 * Listens on `::` for both families. A system whose sockets on `::` take IPv6 only,
 * such as Windows, or Linux with `net.ipv6.bindv6only`, gets a second socket for
 * IPv4: the runtime has no way to set IPV6_V6ONLY.
 */
export async function listenOnBoth(
  target: ListenTarget,
  listen: (target: ListenTarget) => Promise<TcpListenerTransport>,
): Promise<TcpListenerTransport> {
  for (let attempt = 1;; attempt++) {
    const ipv6 = await listen(target);
    const { port } = ipv6.addr;
    try {
      if (takesIpv4(port)) return ipv6;
      const ipv4 = await listen({ ...target, hostname: ANY_IPV4, port });
      return new DualStackListener(ipv6, ipv4);
    } catch (error) {
      await ipv6.close();
      if (target.port !== 0 || attempt === MAX_PORTS) throw error;
    }
  }
}

/**
 * Whether the IPv4 port is taken by the socket on `::`. Without net access to it
 * nobody can tell; most systems have it so.
 */
function takesIpv4(port: number): boolean {
  const error = listenFailure({ hostname: ANY_IPV4, port });
  // On Windows the port is another program's then.
  const isForeign = isError(error, "AddrInUse") &&
    SYSTEM === "windows";
  if (isForeign) throw error;
  return error !== undefined;
}

/** Two listeners on one port, one for each family, as one. */
class DualStackListener implements TcpListenerTransport {
  readonly backend: TcpListenerTransport["backend"];
  readonly addr: NetAddr;
  readonly #listeners: readonly TcpListenerTransport[];
  /** The listeners whose accept is pending. */
  readonly #pending = new Set<TcpListenerTransport>();
  /** Outcomes that no accept has taken yet: at most one of each listener. */
  readonly #ready: Promise<TcpTransport>[] = [];
  /** Gives an outcome to the accept that waits. */
  #deliver: ((outcome: Promise<TcpTransport>) => void) | undefined;
  #isClosed = false;

  constructor(ipv6: TcpListenerTransport, ipv4: TcpListenerTransport) {
    this.backend = ipv6.backend;
    this.addr = ipv6.addr;
    this.#listeners = [ipv6, ipv4];
  }

  accept(): Promise<TcpTransport> {
    const ready = this.#ready.shift();
    if (ready !== undefined) return ready;
    return new Promise((resolve) => {
      this.#deliver = resolve;
      for (const listener of this.#listeners) this.#start(listener);
    });
  }

  #start(listener: TcpListenerTransport): void {
    if (this.#pending.has(listener)) return;
    this.#pending.add(listener);
    const outcome = listener.accept();
    const onSettled = () => {
      this.#pending.delete(listener);
      if (this.#deliver === undefined) this.#ready.push(outcome);
      this.#deliver?.(outcome);
      this.#deliver = undefined;
      if (this.#isClosed) this.#discard();
    };
    outcome.then(onSettled, onSettled);
  }

  /** Closes the connections that no accept will take. */
  #discard(): void {
    for (const ready of this.#ready.splice(0)) {
      ready.then((transport) => transport.close(), () => {});
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#discard();
    await Promise.all(this.#listeners.map((listener) => listener.close()));
  }

  ref(): void {
    for (const listener of this.#listeners) listener.ref();
  }

  unref(): void {
    for (const listener of this.#listeners) listener.unref();
  }
}
