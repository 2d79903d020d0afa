/**
 * Rows of the table of streams: each kind of source that `StreamConn.from` takes.
 *
 * @module
 */
import type { Sockets } from "@berkeley/sockets";
import { StreamConn } from "@berkeley/sockets/stream";
import { memoryDuplexes } from "./_memory_duplex.ts";
import { IS_DENO } from "./_runtime.ts";

/** What a carrier may lack. */
export type Feature = "half-close" | "ref" | "detach";

/** The options of both ends. */
export interface EndOptions {
  /** How many queued bytes make `send` of the first end wait. */
  readonly highWaterMark?: number;
}

/** The two hosts of a simulated network. */
export interface Hosts {
  readonly client: Sockets;
  readonly server: Sockets;
}

/** What carries a stream. */
export interface StreamRow {
  /** How it reads in the name of a test: `…, over TCP by node (IPv6)`. */
  readonly name: string;
  /** What it lacks. Defaults to nothing. */
  readonly lacks?: readonly Feature[];
  /**
   * Whether a closed end stays as long as the other end does, so that writes to it do not
   * fail.
   */
  readonly lingers?: boolean;
  /** What its tests may do. Defaults to nothing. */
  readonly permissions?: Deno.PermissionOptionsObject;
  /** Connects two ends. */
  pair?(options: EndOptions): Promise<[client: StreamConn, server: StreamConn]>;
  /** Connects two ends in a simulated network, in which the whole test runs then. */
  simulatedPair?(
    hosts: Hosts,
    options: EndOptions,
  ): Promise<[client: StreamConn, server: StreamConn]>;
}

/** A row that is not simulated. */
type SourceRow = StreamRow & Required<Pick<StreamRow, "pair">>;

/** How much an end in memory keeps for a peer that does not read, in bytes. */
const KEPT = 256 * 1024;

const CONN: SourceRow = {
  name: "any Deno.Conn",
  permissions: { net: true },
  async pair(options) {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    const [client, server] = await Promise.all([
      Deno.connect({ hostname: "127.0.0.1", port }),
      listener.accept(),
    ]);
    return [StreamConn.from(client, options), StreamConn.from(server)];
  },
};

/** A stream of bytes in memory that keeps some of them, as a kernel does. */
function pipe(): TransformStream<Uint8Array, Uint8Array> {
  const size = { size: (chunk: Uint8Array) => chunk.length };
  return new TransformStream({}, undefined, { highWaterMark: KEPT, ...size });
}

const WEB: SourceRow = {
  name: "a pair of web streams",
  lacks: ["ref"],
  pair(options) {
    const [there, back] = [pipe(), pipe()];
    const client = { readable: back.readable, writable: there.writable };
    const server = { readable: there.readable, writable: back.writable };
    return Promise.resolve([
      StreamConn.from(client, options),
      StreamConn.from(server),
    ]);
  },
};

const NODE: SourceRow = {
  name: "a Node duplex",
  lacks: ["ref"],
  pair(options) {
    const [client, server] = memoryDuplexes(KEPT);
    return Promise.resolve([
      StreamConn.from(client, options),
      StreamConn.from(server),
    ]);
  },
};

/** What `StreamConn.from` makes connections of. */
export const SOURCE_ROWS: readonly SourceRow[] = [
  ...IS_DENO ? [CONN] : [],
  WEB,
  NODE,
];
