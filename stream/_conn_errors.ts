import { type Addr, formatHostPort } from "../address/mod.ts";
import { type Feature, lackReason } from "../internal/backends/mod.ts";
import { socketError, toSocketError } from "../errors/mod.ts";
import { type Refusal, refusal } from "./_refusal.ts";
import type { StreamTransport } from "./_transport.ts";

/** How calls read in messages; as themselves, if not listed. */
const VERBS: Record<string, string> = {
  read: "read from",
  recv: "read from",
  write: "write to",
  send: "write to",
  shutdown: "shut down the connection to",
  startTls: "start TLS with",
  withFaults: "put faults on the connection to",
  setsockopt: "set an option of the connection to",
  getsockopt: "get an option of the connection to",
};

/** Returns the address as messages show it. */
export function showAddr(addr: Addr): string {
  if ("hostname" in addr) return formatHostPort(addr.hostname, addr.port);
  if (!("path" in addr)) return `${addr.cid}:${addr.port}`;
  return addr.path.replace(/^\0/, "@"); // of an abstract name, as `ss` shows it
}

/** Returns the remote address; of a unix socket without a name, what is known. */
function showPeer(remote: Addr, local: Addr): string {
  if (!("path" in remote) || remote.path) return showAddr(remote);
  const isNamed = "path" in local && Boolean(local.path);
  return isNamed ? `a client of ${showAddr(local)}` : "the peer";
}

/** The errors of one connection, which name its addresses. */
export class ConnErrors {
  /** Whether the connection is closed on this side, so that all fails for that. */
  isClosed = false;
  /** Why it is closed, if not by `close`. */
  reasonClosed: string | undefined;
  readonly #transport: StreamTransport;

  constructor(transport: StreamTransport) {
    this.#transport = transport;
  }

  #context(syscall: string) {
    const { localAddr, remoteAddr } = this.#transport;
    const verb = VERBS[syscall] ?? `${syscall} the connection to`;
    const action = `${verb} ${showPeer(remoteAddr, localAddr)}`;
    return { action, syscall, localAddr, remoteAddr };
  }

  /** Makes an error of this code. */
  make(code: string, syscall: string, reason?: string): Error {
    return socketError(code, {
      ...this.#context(syscall),
      reason: reason ?? (code === "EBADF" ? this.reasonClosed : undefined),
    });
  }

  /** The error of a feature that the transport lacks. */
  unsupported(feature: Feature, syscall: string): Error {
    const reason = lackReason(feature, this.#transport);
    return this.make("ENOTSUP", syscall, reason);
  }

  /** The error of a call whose time is up. */
  timeout(syscall: string): Error {
    return this.make("ETIMEDOUT", syscall);
  }

  /** Makes our error of the runtime's. */
  failure(error: unknown, syscall: string): Error {
    return this.isClosed
      ? this.make("EBADF", syscall)
      : toSocketError(error, this.#context(syscall));
  }

  /** Refuses calls of a connection that is closed. */
  closed(syscall: string): Refusal {
    return refusal(() => this.make("EBADF", syscall));
  }
}
