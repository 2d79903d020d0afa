/**
 * Whether nothing listens on the port of a name server. The kernel knows, but tells
 * only a connected UDP socket, which neither `node:dgram` of Deno 2.9 nor
 * `Deno.listenDatagram` has. So a silent server is probed by TCP, which RFC 7766
 * makes every server listen on, and what TCP finds closed is asked from a connected
 * socket of libc, where the program may use FFI.
 */
import { AF_INET, AF_INET6, SOCK_DGRAM } from "../address/mod.ts";
import { findPosix } from "../internal/libc/mod.ts";
import { connectStream } from "./_connect_stream.ts";
import { encodeQuery } from "./_dns_message.ts";
import type { NameServer } from "./resolver_options.ts";

/**
 * What a probe finds: that the port is closed, that it is closed over TCP and so
 * probably over UDP, or neither.
 */
export type Finding = "closed" | "suspect" | "open";

/** How long the connected socket of libc waits for a refusal, in milliseconds. */
const LIBC_MS = 500;

/** Errors of a connection attempt that say that no server can be reached there. */
const UNREACHABLE: readonly unknown[] = [
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
];

/** Probes a server; rejects with the signal's reason when it aborts. */
export async function probe(
  { hostname, port }: Required<NameServer>,
  signal: AbortSignal,
): Promise<Finding> {
  try {
    (await connectStream({ hostname, port }, signal)).close();
    return "open";
  } catch (error) {
    signal.throwIfAborted();
    const { code } = error as { code?: unknown };
    if (!UNREACHABLE.includes(code)) return "open";
  }
  return await probeByLibc({ hostname, port }, signal);
}

async function probeByLibc(
  { hostname, port }: Required<NameServer>,
  signal: AbortSignal,
): Promise<Finding> {
  const posix = await findPosix();
  signal.throwIfAborted();
  if (posix === undefined) return "suspect";
  const family = hostname.includes(":") ? AF_INET6 : AF_INET;
  let socket: ReturnType<typeof posix.socket> | undefined;
  try {
    socket = posix.socket(family, SOCK_DGRAM, 0);
    await socket.connect({ hostname, port }, { signal });
    await socket.send(encodeQuery(0, ".", "NS", true));
    await socket.recv(new Uint8Array(1), { signal, timeout: LIBC_MS });
    return "open";
  } catch (error) {
    signal.throwIfAborted();
    const { code } = error as { code?: unknown };
    if (UNREACHABLE.includes(code)) return "closed";
    return code === "ETIMEDOUT" ? "open" : "suspect";
  } finally {
    socket?.[Symbol.dispose]();
  }
}
