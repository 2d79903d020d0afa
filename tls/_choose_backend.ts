import { socketError } from "../errors/mod.ts";
import { type Feature, lackReason } from "../internal/backends/mod.ts";
import { canDetach } from "../stream/_seam.ts";
import type { TcpConn } from "../tcp/mod.ts";
import { type Backend, BACKENDS } from "./_backends.ts";
import type { TlsBackend } from "./_transport.ts";

/** What a call may need that some backend lacks. */
export type Need = Feature & keyof Backend;

/** Who needs what. */
export interface Needs {
  /** The backend that the caller chose. */
  readonly backend: TlsBackend | undefined;
  /** What the options ask for. */
  readonly needs: readonly Need[];
  /** The backends, the preferred first. */
  readonly order: readonly TlsBackend[];
  /** What could not be done, for the error. */
  readonly action: string;
}

/**
 * Returns the backends that have all that is needed, the preferred first.
 *
 * @throws {SocketError} `ENOTSUP` if the caller chose one that lacks something, or that
 * this runtime does not have.
 */
export function backendsFor(
  { backend, needs, order, action }: Needs,
): readonly TlsBackend[] {
  if (backend === undefined) {
    return order.filter((name) =>
      BACKENDS[name].isHere && needs.every((need) => BACKENDS[name][need])
    );
  }
  if (!BACKENDS[backend].isHere) throw unsupported("deno", backend, action);
  const lack = needs.find((need) => !BACKENDS[backend][need]);
  if (lack === undefined) return [backend];
  throw unsupported(lack, backend, action);
}

/**
 * Whether a backend encrypts TCP connections of what carries this one. One that leads
 * to a proxy over TLS or a unix socket is none of the runtime's.
 */
export function encrypts(backend: TlsBackend, conn: TcpConn): boolean {
  const { overTcp, anyConn } = BACKENDS[backend];
  return overTcp.some((name) => name === conn.backend) &&
    (anyConn || canDetach(conn));
}

/** The error of a backend that lacks something. */
export function unsupported(
  lack: Feature,
  backend: TlsBackend,
  action: string,
): Error {
  const reason = lackReason(lack, { backend });
  return socketError("ENOTSUP", { action, syscall: "handshake", reason });
}
