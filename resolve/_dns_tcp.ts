import type { Exchange } from "./_wire_source.ts";
import type { NameServer } from "./resolver_options.ts";

/**
 * Asks a server over TCP, for an answer too large for a datagram: RFC 7766.
 * Resolves when it is answered; rejects when the server ends or breaks the
 * connection, or takes too long.
 */
export async function exchangeTcp(
  server: Required<NameServer>,
  exchange: Exchange,
  timeout: number,
  signal: AbortSignal,
): Promise<void> {
  const limit = new AbortController();
  const timer = setTimeout(
    () =>
      limit.abort(
        new Deno.errors.TimedOut("The server did not answer over TCP"),
      ),
    timeout,
  );
  const onAbort = () => limit.abort(signal.reason);
  signal.addEventListener("abort", onAbort);
  try {
    const { hostname, port } = server;
    using conn = await Deno.connect({ hostname, port, signal: limit.signal });
    limit.signal.throwIfAborted();
    // Closing is what ends a pending read.
    limit.signal.addEventListener("abort", () => conn[Symbol.dispose]());
    await writeAll(conn, frame(exchange.query));
    const head = await readExactly(conn, 2);
    const message = await readExactly(conn, head[0]! << 8 | head[1]!);
    if (!exchange.accept(message)) {
      throw new Error("The server answered another question");
    }
  } catch (error) {
    limit.signal.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}

function frame(query: Uint8Array): Uint8Array {
  const framed = new Uint8Array(query.length + 2);
  framed[0] = query.length >> 8;
  framed[1] = query.length;
  framed.set(query, 2);
  return framed;
}

async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await conn.write(bytes.subarray(at));
  }
}

async function readExactly(conn: Deno.Conn, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size;) {
    const count = await conn.read(bytes.subarray(at));
    if (count === null) {
      throw new Deno.errors.UnexpectedEof("The server ended the connection");
    }
    at += count;
  }
  return bytes;
}
