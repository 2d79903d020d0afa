import type { DnsStream } from "./_dns_stream.ts";
import type { NameServer } from "./resolver_options.ts";

/** Connects by `Deno.connect`; an abort ends the attempt, and closes its socket. */
export async function connectDeno(
  { hostname, port }: Required<NameServer>,
  signal: AbortSignal,
): Promise<DnsStream> {
  signal.throwIfAborted();
  const attempt = new AbortController();
  // Before it returns, Deno 2.9 asks the signal once more, and if that has aborted in
  // the meantime it forgets to close the connection (tcp/_deno_transport.ts).
  attempt.signal.throwIfAborted = () => {};
  const onAbort = () => attempt.abort(signal.reason);
  signal.addEventListener("abort", onAbort);
  try {
    const conn = await Deno.connect({ hostname, port, signal: attempt.signal });
    if (!signal.aborted) return conn;
    conn.close();
    throw signal.reason;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
