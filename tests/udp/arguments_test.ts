/** What callers pass: read once, and refused the same way on every backend. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import type {
  BindUdpOptions,
  ConnectedUdpSocket,
  ConnectUdpOptions,
  UdpDestination,
} from "@berkeley/sockets/udp";
import { bytes, eachTransport, text } from "./_each_transport.ts";

const SOON = { timeout: 20_000 };

/** The object with getters, which note what is read. */
function watched<T extends object>(object: T, read: string[]): T {
  const result = {};
  for (const [key, value] of Object.entries(object)) {
    Object.defineProperty(result, key, {
      enumerable: true,
      get() {
        read.push(key);
        return value;
      },
    });
  }
  return result as T;
}

eachTransport(
  "each property of an argument is read once",
  async ({ bind, connect, chosen: backend, loopback, host }) => {
    const { bindUdp, connectUdp } = host;
    using a = await bind();
    using b = await bind();
    const { port } = a.localAddr;
    const once = async (
      object: object,
      use: (object: never) => Promise<unknown>,
    ) => {
      const read: string[] = [];
      const result = await use(watched(object, read) as never);
      assertEquals(read.toSorted(), Object.keys(object).toSorted());
      return result;
    };
    const data = bytes("x");
    for (const hostname of [loopback, "localhost"]) {
      const address = { hostname, port };
      await once(address, (to) => b.sendTo(data, to));
      await once(address, (to) => b.sendMany([{ data, address: to }]));
      await once({ data, address }, (one) => b.sendMany([one]));
      using connected = await connect(b.localAddr);
      await once(address, (to) => connected.connect(to));
      const open = await bind();
      using other = await once(address, (to) => open.connect(to)) as Disposable;
      assert(other);
    }
    const common = {
      backend,
      reuseAddress: false,
      broadcast: false,
      ttl: undefined,
      maxDatagramSize: 1000,
      maxQueuedDatagrams: 10,
      maxQueuedBytes: 1000,
      dropPolicy: "newest",
      resolver: undefined,
      socketOptions: undefined,
      signal: undefined,
      timeout: 1000,
    };
    const binding = { ...common, hostname: loopback, port: 0 };
    const bound = await once(binding, (o: BindUdpOptions) => bindUdp(o));
    (bound as Disposable)[Symbol.dispose]();
    const connecting = {
      ...common,
      hostname: loopback,
      port,
      family: undefined,
      localAddress: loopback,
      localPort: 0,
    };
    using client = await once(
      connecting,
      (o: ConnectUdpOptions) => connectUdp(o),
    ) as ConnectedUdpSocket;
    const answering = (async () => {
      let data: Uint8Array;
      let address: Deno.NetAddr;
      do ({ data, address } = await a.receive(SOON)); while (
        text(data) !== "?"
      );
      for (const answer of ["no", "nor this", "yes"]) {
        await a.sendTo(bytes(answer), address);
      }
    })();
    await once({
      match: (data: Uint8Array) => text(data) === "yes",
      timeout: 20_000,
      attempts: 1,
      backoff: 1,
      signal: new AbortController().signal,
    }, (o) => client.exchange(bytes("?"), o));
    await answering;
    await once(
      { timeout: 5, signal: undefined },
      (o) => client.receive(o).catch(() => {}),
    );
  },
);

eachTransport(
  "sendTo() a name uses the port that the address had at the call",
  async ({ bind }) => {
    using first = await bind();
    using second = await bind();
    using socket = await bind();
    const address: UdpDestination = {
      hostname: "localhost",
      port: first.localAddr.port,
    };
    const sending = [
      socket.sendTo(bytes("sendTo"), address),
      socket.sendMany([{ data: bytes("sendMany"), address }]),
    ];
    address.port = second.localAddr.port;
    address.hostname = "no.invalid";
    await Promise.all(sending);
    const got = [
      text((await first.receive(SOON)).data),
      text((await first.receive(SOON)).data),
    ];
    assertEquals(got.toSorted(), ["sendMany", "sendTo"]);
  },
);

eachTransport(
  "calls that return a promise reject for bad arguments, and never throw",
  async ({ bind, connect, chosen: backend, family, loopback, host }) => {
    const { bindUdp, connectUdp } = host;
    using a = await bind();
    using connected = await connect(a.localAddr);
    const data = new Uint8Array(1);
    const group = family === 4 ? "239.255.42.99" : "ff02::4242";
    // deno-lint-ignore no-explicit-any -- what JavaScript can pass
    const any = (value: unknown): any => value;
    const to = (more: object) => any({ hostname: loopback, port: 9, ...more });
    const local = (more: object) =>
      any({ hostname: loopback, backend, ...more });
    const calls: [() => Promise<unknown>, typeof Error, string][] = [
      [() => bindUdp(local({ port: "80" })), RangeError, '"80"'],
      [() => bindUdp(local({ hostname: 5 })), TypeError, "hostname"],
      [() => bindUdp(local({ hostname: null })), TypeError, "hostname"],
      [() => bindUdp(local({ backend: "bare" })), TypeError, '"bare"'],
      [() => bindUdp(local({ dropPolicy: 5 })), TypeError, "dropPolicy"],
      [() => bindUdp(local({ maxDatagramSize: "9" })), RangeError, '"9"'],
      [() => bindUdp(local({ maxQueuedBytes: NaN })), RangeError, "NaN"],
      [() => bindUdp(local({ ttl: "5" })), RangeError, '"5"'],
      [() => bindUdp(local({ timeout: "5" })), TypeError, '"5"'],
      [() => bindUdp(local({ signal: "no" })), TypeError, "signal"],
      [() => bindUdp(any(null)), TypeError, ""],
      [() => connectUdp(any(undefined)), TypeError, ""],
      [() => connectUdp(to({ backend, port: "9" })), RangeError, '"9"'],
      [() => connectUdp(to({ backend, hostname: 5 })), TypeError, "hostname"],
      [() => connectUdp(to({ backend, family: 5 })), TypeError, "family"],
      [() => connectUdp(to({ backend, localPort: "9" })), RangeError, '"9"'],
      [() => connectUdp(to({ backend, localAddress: 9 })), TypeError, "9"],
      [() => connectUdp(to({ backend, timeout: true })), TypeError, "true"],
      [() => a.sendTo(data, any(null)), TypeError, ""],
      [() => a.sendTo(data, to({ port: "9" })), RangeError, '"9"'],
      [() => a.sendTo(data, to({ hostname: 5 })), TypeError, "hostname"],
      [() => a.sendTo(data, to({ hostname: undefined })), TypeError, "host"],
      [() => a.sendMany([any(null)]), TypeError, ""],
      [() => a.sendMany(any(5)), TypeError, ""],
      [() => a.connect(any(null)), TypeError, ""],
      [() => a.connect(to({ hostname: 5 })), TypeError, "hostname"],
      [() => a.connect(to({}), any({ timeout: "5" })), TypeError, '"5"'],
      [() => a.receive(any({ timeout: null })), TypeError, "null"],
      [() => a.receive(any({ signal: 5 })), TypeError, "signal"],
      [() => a.receiveInto(data, any({ timeout: [] })), TypeError, "timeout"],
      [() => a.receiveBatch(any("5")), RangeError, '"5"'],
      [() => a.receiveBatch(5, any({ timeout: "5" })), TypeError, '"5"'],
      [() => a.joinMulticast(any(5)), TypeError, "5"],
      [() => a.joinMulticast(group, any(null)), TypeError, ""],
      [() => a.joinMulticast(group, any({ source: 5 })), TypeError, "5"],
      [
        () => a.joinMulticast(group, any({ interface: {} })),
        TypeError,
        "",
      ],
      [() => a.leaveMulticast(any(null)), TypeError, "null"],
      [() => connected.connect(to({ port: "9" })), RangeError, '"9"'],
      [() => connected.exchange(any(7)), TypeError, ""],
      [() => connected.exchange(data, any({ timeout: "5" })), TypeError, '"5"'],
      [() => connected.exchange(data, any({ attempts: "5" })), RangeError, '"'],
      [() => connected.exchange(data, any({ backoff: "2" })), TypeError, '"2'],
      [() => connected.exchange(data, any({ match: 5 })), TypeError, "match"],
      [() => connected.exchange(data, any(null)), TypeError, ""],
    ];
    for (const [call, kind, message] of calls) {
      let promise: Promise<unknown>;
      try {
        promise = call();
      } catch (error) {
        throw new Error(`${call} threw`, { cause: error });
      }
      await assertRejects(() => promise, kind, message);
    }
    assertEquals(a.isClosed || connected.isClosed, false);
  },
);
