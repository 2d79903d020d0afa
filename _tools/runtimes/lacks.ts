/**
 * The tests that fail on Node or Bun because of what these lack. Each is run there, and
 * fails the run if it passes.
 *
 * @module
 */

/** Tests that are known to fail. */
export interface Lack {
  /** The file, below `tests/`. */
  readonly file: string;
  /** The names of its tests. */
  readonly test: RegExp;
  /** The runtime that lacks it; all, if omitted. */
  readonly on?: "node" | "node22" | "bun";
  /** What is lacking. */
  readonly reason: string;
}

/** All of them. */
export const LACKS: readonly Lack[] = [
  {
    file: "errors/stack_test.ts",
    test:
      /^the stack of (a look-up|an accept that takes too long|a (read|line|write|receive) that takes too long|(a few|many) bytes before the end of the stream|a (small|large) read when the peer resets)( that takes too long)? leads/,
    on: "bun",
    reason: "stacks that name the callers which await the failed call",
  },
  {
    file: "unix/conn_test.ts",
    test: /^close\(\) with unread bytes resets the peer/,
    on: "bun",
    reason: "ECONNRESET for a read after a write has failed: it repeats EPIPE",
  },
  {
    file: "unix/connect_test.ts",
    test: /^connectUnix\(\) says what is wrong with a path, over node/,
    on: "bun",
    reason: "ENOTDIR of node:net: it says ECONNREFUSED",
  },
  {
    file: "tcp/listen_test.ts",
    test: /without --allow-net/,
    reason: "permissions",
  },
  {
    file: "tcp/reuse_port_test.ts",
    test: /several workers/,
    reason: "a Worker as Deno has it",
  },
  {
    file: "tcp/reuse_port_test.ts",
    test: /without --unstable-net/,
    reason: 'the backend "deno"',
  },
  {
    file: "stream/close_test.ts",
    test: /^without FFI, half a message over "deno"/,
    reason: 'the backend "deno"',
  },
  {
    file: "stream/half_closed_peer_test.ts",
    test: /but not over "node"/,
    reason: "the fault of the node:net of Deno 2.9",
  },
  {
    file: "udp/multicast_test.ts",
    test: /the name of an interface needs no permission/,
    reason: "permissions",
  },
  {
    file: "udp/send_many_test.ts",
    test: /^sendMany\(\) sends the datagrams before one that is refused/,
    reason: "permissions",
  },
  {
    file: "udp/socket_test.ts",
    test: /^without --allow-net|^a host that is not permitted/,
    reason: "permissions",
  },
  {
    file: "udp/socket_test.ts",
    test: /^what a backend cannot do says what can/,
    reason: "an advice: node:dgram has every setting",
  },
  {
    file: "stream/inspect_test.ts",
    test: /^console\.log\(\) of a class or its prototype/,
    on: "node",
    reason: "the name of a class in what console.log() shows of its prototype",
  },
  {
    file: "tcp/backlog_test.ts",
    test: /^listenTcp\(\) keeps one client more than its backlog waiting/,
    on: "node22",
    reason: "DisposableStack, which the test uses",
  },
  {
    file: "udp/hints_test.ts",
    test: /^a setting over libc|^what is advised/,
    reason: "an advice: node:dgram has every setting",
  },
];
