import { formatHostPort, type NetAddr } from "../address/mod.ts";
import { socketError } from "../errors/mod.ts";
import { checkInteger } from "../internal/check/mod.ts";
import {
  type Call,
  CallQueue,
  checkWait,
  Timers,
  type WaitOptions,
} from "../internal/wait/mod.ts";
import { StreamConn, StreamListener } from "../stream/mod.ts";
import { linkEnds } from "./_link_ends.ts";
import { MemoryListenerTransport } from "./_memory_listener_transport.ts";
import { type ConnPairOptions, readPairOptions } from "./conn_pair_options.ts";

/** How many connections wait for accept by default, as over TCP. */
const DEFAULT_BACKLOG = 511;
/** RFC 5737: an address for documentation, which no host has. */
const CLIENT_HOST = "192.0.2.1";
/** The dynamic ports of RFC 6335, section 6. */
const FIRST_PORT = 49152;
const PORTS = 65536 - FIRST_PORT;

/** Where a listener in memory is, and what its connections are like. */
export interface ListenerInMemoryOptions extends ConnPairOptions {
  /**
   * The address that connections see. It is only a text: no host has it.
   *
   * @default {"192.0.2.2"}
   */
  hostname?: string | undefined;
  /**
   * The port that connections see.
   *
   * @default {7}
   */
  port?: number | undefined;
  /**
   * How many connections wait for `accept()`, 1 or more; further ones wait in
   * `connect()`.
   *
   * @default {511}
   */
  backlog?: number | undefined;
}

/**
 * A listener in memory.
 *
 * @example A server that accepts too slowly
 * ```ts
 * import { listenerInMemory } from "@berkeley/sockets/testing";
 * import { assertRejects } from "@std/assert";
 *
 * await using listener = listenerInMemory({ backlog: 1 });
 * using _queued = await listener.connect();
 * await assertRejects(() => listener.connect({ timeout: 1 }), Error, "ETIMEDOUT");
 * ```
 */
export class MemoryListener extends StreamListener<NetAddr> {
  readonly #transport: MemoryListenerTransport;
  readonly #options: ReturnType<typeof readPairOptions>;
  readonly #connects: CallQueue<Call<StreamConn<NetAddr>>>;
  #connected = 0;

  /**
   * Not for users: {@linkcode listenerInMemory} makes listeners.
   *
   * @ignore
   */
  constructor(options: ListenerInMemoryOptions) {
    const {
      hostname = "192.0.2.2",
      port = 7,
      backlog = DEFAULT_BACKLOG,
      ...pairOptions
    } = options;
    checkInteger("port", port, 0, 65535);
    checkInteger("backlog", backlog, 1);
    const read = readPairOptions(pairOptions);
    const addr = { transport: "tcp", hostname, port } as const;
    const transport = new MemoryListenerTransport(addr, backlog);
    super(transport, (accepted) => new StreamConn(accepted, read));
    this.#transport = transport;
    this.#options = read;
    this.#connects = new CallQueue({ timers: new Timers(), onWaiting() {} });
    transport.onNews = () => this.#connects.run();
  }

  /**
   * Connects to the listener; waits while its backlog is full. See the example of
   * {@linkcode MemoryListener}.
   *
   * @throws {SocketError} `ECONNREFUSED` if the listener is closed; `ETIMEDOUT` if the
   * timeout ends. If the signal aborts, the call rejects with its reason.
   */
  connect(options?: WaitOptions): Promise<StreamConn<NetAddr>> {
    try {
      const wait = checkWait(options);
      const attempt = () => this.#attempt();
      const timeoutError = () => this.#error("ETIMEDOUT");
      return this.#connects.call({ attempt, timeoutError }, wait);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #attempt(): StreamConn<NetAddr> | undefined {
    if (this.isClosed) throw this.#error("ECONNREFUSED");
    if (!this.#transport.hasRoom) return undefined;
    const port = FIRST_PORT + this.#connected++ % PORTS;
    const addr = { ...this.addr, hostname: CLIENT_HOST, port };
    const ends = linkEnds(this.#options, addr, this.addr);
    this.#transport.add(ends.server);
    return new StreamConn(ends.client, this.#options);
  }

  #error(code: string): Error {
    const { hostname, port } = this.addr;
    return socketError(code, {
      action: `connect to ${formatHostPort(hostname, port)}`,
      syscall: "connect",
      remoteAddr: this.addr,
    });
  }
}

/**
 * Makes a listener in memory: its `connect()` is the only way to it. It needs no
 * permission, and `serve` takes it as it takes any listener.
 *
 * @throws {RangeError} If an option is out of range.
 *
 * @example Test a server without a network
 * ```ts
 * import { serve } from "@berkeley/sockets/stream";
 * import { listenerInMemory } from "@berkeley/sockets/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const listener = listenerInMemory();
 * await using _server = serve(listener, async (conn) => {
 *   for await (const line of conn.lines()) await conn.send(`you said ${line}\n`);
 * });
 * using conn = await listener.connect();
 * await conn.send("hello\n");
 * assertEquals(await conn.readLine(), "you said hello");
 * ```
 */
export function listenerInMemory(
  options: ListenerInMemoryOptions = {},
): MemoryListener {
  return new MemoryListener(options);
}
