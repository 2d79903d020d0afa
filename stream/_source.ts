import type { Addr } from "../address/mod.ts";
import { showValue } from "../internal/check/mod.ts";
import type { SomeAddrs } from "./_addr_pair.ts";
import { type BytePair, PairTransport } from "./_pair_transport.ts";
import type { NodeDuplex } from "./_duplex_transport.ts";
import { SourceConn } from "./_source_conn.ts";
import { type AnyDuplex, SourceDuplex } from "./_source_duplex.ts";
import type { StreamTransport } from "./_transport.ts";
import type { DenoConn } from "./deno_conn.ts";

/** Options of {@linkcode StreamConn.from}. */
export interface SourceOptions<A extends Addr = Addr> {
  /**
   * How many queued bytes make `send` wait: 1 or more.
   *
   * @default {262144}
   */
  readonly highWaterMark?: number | undefined;
  /**
   * The local address. Defaults to the source's own. If the source has none, defaults
   * to that of an unnamed unix socket: `{ transport: "unix", path: "" }`.
   */
  readonly localAddr?: A | undefined;
  /** The remote address. Defaults to the source's own, as `localAddr` does. */
  readonly remoteAddr?: A | undefined;
}

/** The properties that a source may have. */
type Source = { [K in keyof (DenoConn & NodeDuplex)]?: unknown };

/** Makes the transport of a source, by its shape. */
export function sourceTransport(
  source: unknown,
  addrs: SomeAddrs,
): StreamTransport {
  const given: Source = Object(source);
  const { on, off, read, write, end, destroy, close } = given;
  if ([on, off, read, write, end, destroy].every(isFunction)) {
    return new SourceDuplex(given as AnyDuplex, addrs);
  }
  if ([read, write, close].every(isFunction)) {
    return new SourceConn(given as DenoConn, addrs);
  }
  const { readable, writable } = given; // of a Deno.Conn they would be made
  const isPair = isHalf(readable, "getReader") &&
    isHalf(writable, "getWriter") && Boolean(readable ?? writable);
  if (isPair) {
    const halves = { readable, writable } as BytePair;
    return new PairTransport(given as BytePair, halves, addrs);
  }
  throw new TypeError(
    `Cannot make a connection of ${showValue(source)}: it must be a ` +
      "Deno.Conn, a stream.Duplex of Node, or { readable, writable } with " +
      "web streams of bytes",
  );
}

/** Whether it is a web stream, or missing. */
function isHalf(value: unknown, method: string): boolean {
  return value === undefined || value === null ||
    isFunction(Object(value)[method]);
}

function isFunction(value: unknown): boolean {
  return typeof value === "function";
}
