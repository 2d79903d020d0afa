import type { Addr } from "../address/mod.ts";
import { socketError } from "../errors/mod.ts";
import type { StreamConn } from "../stream/mod.ts";
import { showAddr, type TakenOver, takeOver } from "../stream/_seam.ts";

const TAKEN = "TLS has taken it over; use the TlsConn";
const INJECTED =
  "bytes came in plain text before TLS started; they are not to be trusted";

/**
 * Takes the transport out of a connection that is to become TLS.
 *
 * Bytes that came before TLS may be from an attacker between the peers, and must not
 * pass for a part of the session (CVE-2011-0411): the connection is closed then.
 *
 * @throws {SocketError} `EPROTO` if there are such bytes, `EBUSY` if a call is
 * pending, `EBADF` if it is closed.
 */
export function takePlainConn<A extends Addr>(
  conn: StreamConn<A>,
): TakenOver<A> {
  const taken = takeOver(conn, "startTls", TAKEN);
  if (taken.buffered.length === 0) return taken;
  const { transport } = taken;
  void Promise.resolve(transport.close()).catch(() => {});
  const { localAddr, remoteAddr } = transport;
  throw socketError("EPROTO", {
    action: `start TLS with ${showAddr(transport.remoteAddr)}`,
    syscall: "startTls",
    reason: INJECTED,
    localAddr,
    remoteAddr,
  });
}
