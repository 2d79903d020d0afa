/** Calls that return a promise reject for bad arguments, before anything is opened. */
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import * as here from "@berkeley/sockets";
import type { Sockets } from "@berkeley/sockets";
import type {
  ConnectTcpOptions,
  ListenTcpOptions,
  ServeTcpOptions,
} from "@berkeley/sockets/tcp";
import { IS_DENO } from "../_runtime.ts";
import { onSimulatedHost } from "../_simulated.ts";

/** The error of a call, which must not throw. */
async function rejection(call: () => Promise<unknown>): Promise<Error> {
  let promise: Promise<unknown>;
  try {
    promise = call();
  } catch (error) {
    throw new Error("the call threw", { cause: error });
  }
  const [outcome] = await Promise.allSettled([promise]);
  assert(outcome.status === "rejected", "the call was accepted");
  assertInstanceOf(outcome.reason, Error);
  return outcome.reason;
}

/** A property, a bad value, and the error that it makes. */
type Row = readonly [
  string,
  unknown,
  typeof TypeError | typeof RangeError,
  string?,
];

const WAIT: Row[] = [
  ["timeout", "5", TypeError, '"5"'],
  ["timeout", null, TypeError, "null"],
  ["timeout", true, TypeError, "true"],
  ["timeout", -1, RangeError, "-1"],
  ["timeout", NaN, RangeError, "NaN"],
  ["signal", {}, TypeError, "signal"],
];
const BOTH: Row[] = [
  ...WAIT,
  ["hostname", 5, TypeError, "hostname 5"],
  ["hostname", null, TypeError, "hostname null"],
  ["port", "80", RangeError, 'port "80"'],
  ["port", 65_536, RangeError, "port 65536"],
  ["port", 1.5, RangeError, "port 1.5"],
  ["port", undefined, RangeError, "port undefined"],
  ["family", 5, TypeError, "family 5"],
  ["family", "4", TypeError, 'family "4"'],
  ["backend", "tokio", TypeError, 'backend "tokio"'],
  ["noDelay", "yes", TypeError, 'noDelay "yes"'],
  ["highWaterMark", 0, RangeError, "highWaterMark 0"],
];
const LISTEN: Row[] = [
  ...BOTH,
  ["backlog", 0, RangeError, "backlog 0"],
  ["backlog", -1, RangeError, "backlog -1: it must be an integer of 1 or more"],
  ["backlog", "5", RangeError, 'backlog "5"'],
  ["reusePort", 1, TypeError, "reusePort 1"],
  ["ipv6Only", "no", TypeError, 'ipv6Only "no"'],
  ["keepAlive", 1000, TypeError, "keepAlive 1000"],
];
const CONNECT: Row[] = [
  ...BOTH,
  ["port", 0, RangeError, "port 0"],
  ["localPort", "80", RangeError, 'localPort "80"'],
  ["localAddress", "localhost", TypeError, '"localhost"'],
  ["localAddress", 5, TypeError, "localAddress 5"],
  ["attemptDelay", -1, RangeError, "attemptDelay -1"],
  ["attemptDelay", NaN, RangeError, "attemptDelay NaN"],
  ["attemptDelay", "5", TypeError, 'attemptDelay "5"'],
  ["keepAlive", 0, RangeError, "keepAlive 0"],
  ["keepAlive", "5", TypeError, 'keepAlive "5"'],
];
const SERVE: Row[] = [
  ...LISTEN,
  ["maxConnections", 0, RangeError, "maxConnections 0"],
  ["maxConnections", NaN, RangeError, "maxConnections NaN"],
  ["maxConnections", "5", TypeError, 'maxConnections "5"'],
  ["idleTimeout", -1, RangeError, "idleTimeout -1"],
  ["idleTimeout", "5", TypeError, 'idleTimeout "5"'],
  ["onError", "log", TypeError, 'onError "log"'],
  ["onListen", 5, TypeError, "onListen 5"],
];

/** Registers a test for this host, and for a simulated one. */
function eachHost(name: string, body: (host: Sockets) => Promise<void>): void {
  Deno.test({ name, permissions: { net: true }, fn: () => body(here) });
  if (!IS_DENO) return;
  Deno.test({
    name: `${name}, over simulated`,
    permissions: "none",
    fn: () => onSimulatedHost(body),
  });
}

function eachRow(
  name: string,
  rows: readonly Row[],
  call: (host: Sockets, options: object) => Promise<unknown>,
): void {
  eachHost(`${name} rejects for bad arguments`, async (host) => {
    for (const [property, value, Kind, text = ""] of rows) {
      const error = await rejection(() => call(host, { [property]: value }));
      const label = `${property}: ${String(value)}: ${error}`;
      assertEquals(error.constructor.name, Kind.name, label);
      assert(error.message.includes(text), label);
    }
    for (const nothing of [undefined, null]) {
      const error = await rejection(() => call(host, nothing as never));
      assertInstanceOf(error, TypeError);
    }
  });
}

const HERE = { hostname: "127.0.0.1", port: 0 } as const;
const with_ = (base: object, options: object | null | undefined): unknown =>
  options === undefined || options === null ? options : { ...base, ...options };

eachRow(
  "listenTcp()",
  LISTEN,
  ({ listenTcp }, options) =>
    listenTcp(with_(HERE, options) as ListenTcpOptions),
);
eachRow(
  "connectTcp()",
  CONNECT,
  ({ connectTcp }, options) =>
    connectTcp(with_({ ...HERE, port: 1 }, options) as ConnectTcpOptions),
);
eachRow(
  "serveTcp()",
  SERVE,
  ({ serveTcp }, options) =>
    serveTcp(with_(HERE, options) as ServeTcpOptions, () => {}),
);

eachHost(
  "serveTcp() rejects for a handler that is not a function",
  async ({ serveTcp }) => {
    for (const handler of [undefined, null, {}, "echo"]) {
      const error = await rejection(() => serveTcp(HERE, handler as never));
      assertInstanceOf(error, TypeError);
    }
  },
);

eachHost(
  "accept() rejects for bad arguments, and loses no connection",
  async ({ listenTcp, connectTcp }) => {
    using listener = await listenTcp(HERE);
    using client = await connectTcp(listener.addr);
    for (const [property, value, Kind, text = ""] of WAIT) {
      const error = await rejection(() =>
        listener.accept({ [property]: value } as never)
      );
      assertEquals(error.constructor.name, Kind.name);
      assert(error.message.includes(text), error.message);
    }
    using server = await listener.accept();
    assertEquals(server.remoteAddr, client.localAddr);
  },
);

/** An object whose properties may be read once. */
function readOnce(values: Record<string, unknown>): Record<string, unknown> {
  const object = {};
  for (const [name, value] of Object.entries(values)) {
    let reads = 0;
    Object.defineProperty(object, name, {
      enumerable: true,
      get() {
        if (++reads > 1) throw new Error(`${name} is read again`);
        return value;
      },
    });
  }
  return object;
}

eachHost(
  "listenTcp(), serveTcp() and connectTcp() read each option once",
  async ({ listenTcp, serveTcp, connectTcp }) => {
    const all = {
      ...{ family: undefined, noDelay: true, keepAlive: false },
      ...{ highWaterMark: 1000, resolver: undefined, timeout: 20_000 },
      ...{ signal: new AbortController().signal, socketOptions: undefined },
      ...{ backend: undefined },
    };
    const listen = { ...HERE, ...all, backlog: 5, reusePort: false };
    using listener = await listenTcp(
      readOnce(listen) as unknown as ListenTcpOptions,
    );
    await using server = await serveTcp(
      readOnce({
        ...listen,
        ...{ maxConnections: 5, idleTimeout: 0 },
        ...{ onError: () => {}, onListen: () => {} },
      }) as unknown as ServeTcpOptions,
      (conn) => conn.close(),
    );
    for (const { addr } of [listener, server]) {
      using conn = await connectTcp(
        readOnce({
          ...all,
          ...{ hostname: addr.hostname, port: addr.port },
          ...{ localAddress: undefined, localPort: undefined },
          attemptDelay: 10,
        }) as unknown as ConnectTcpOptions,
      );
      assertEquals(conn.remoteAddr, addr);
    }
  },
);
