import type { Addr } from "../address/mod.ts";
import { socketError } from "../errors/mod.ts";
import { isLoopStarved, nextTurn } from "../internal/wait/mod.ts";
import { type AddrPair, addrsOf, type SomeAddrs } from "./_addr_pair.ts";
import { ConnTransport } from "./_conn_transport.ts";
import type { DenoConn } from "./deno_conn.ts";

/** A `Deno.Conn` of another library, whose counts are checked. */
export class SourceConn extends ConnTransport {
  readonly #addrs: AddrPair;

  constructor(conn: DenoConn, given: SomeAddrs) {
    super(conn);
    this.#addrs = addrsOf(given, conn);
  }

  override get localAddr(): Addr {
    return this.#addrs.localAddr;
  }

  override get remoteAddr(): Addr {
    return this.#addrs.remoteAddr;
  }

  override async read(buffer: Uint8Array): Promise<number | null> {
    const size = buffer.length;
    if (isLoopStarved()) await nextTurn(); // it may never wait
    const count = await this.conn.read(buffer);
    if (count !== null) checkDone(count, size, "read");
    return count;
  }

  override async write(bytes: Uint8Array): Promise<number> {
    const size = bytes.length;
    if (isLoopStarved()) await nextTurn();
    const count = await this.conn.write(bytes);
    checkDone(count, size, "write");
    return count;
  }
}

/** Refuses a count that would corrupt the buffer, or repeat the call endlessly. */
function checkDone(count: number, size: number, call: string): void {
  const least = Math.min(size, 1);
  if (Number.isInteger(count) && count >= least && count <= size) return;
  throw socketError("EIO", {
    action: call,
    syscall: call,
    reason: `its ${call}() returned ${count} for ${size} bytes`,
  });
}
