import { assert, assertEquals, assertThrows } from "@std/assert";
import { Random } from "../../../testing/_random.ts";
import { Scheduler } from "../../../testing/_sim/time/scheduler.ts";
import type { Packet, UdpPacket } from "../../../testing/_sim/types.ts";
import type { WireMachine } from "../../../testing/_sim/wire/machine.ts";
import { Wire, type WireOptions } from "../../../testing/_sim/wire/wire.ts";

/** Packets that came to a machine, with their times. */
interface Arrival {
  readonly time: number;
  readonly packet: Packet;
}

class Net {
  readonly scheduler = new Scheduler();
  readonly wire: Wire;
  readonly a: WireMachine;
  readonly b: WireMachine;

  constructor(options: WireOptions = {}, seed = 1) {
    this.wire = new Wire(this.scheduler, new Random(seed), options);
    this.a = this.wire.machine("a");
    this.b = this.wire.machine("b");
  }

  listen(machine: WireMachine, protocol: "tcp" | "udp" = "udp"): Arrival[] {
    const arrivals: Arrival[] = [];
    machine.attach(protocol, {
      receive: (packet) => {
        arrivals.push({ time: this.scheduler.now, packet });
        return false;
      },
      crash() {},
      shutdown() {},
    });
    return arrivals;
  }

  run(until = Infinity): void {
    for (
      let i = 0;
      i < 1e6 && (this.scheduler.next ?? Infinity) <= until;
      i++
    ) {
      this.scheduler.step();
    }
  }
}

function datagram(
  from: string,
  to: string,
  length = 10,
  mark = 0,
  hops = 64,
): UdpPacket {
  return {
    protocol: "udp",
    from,
    to,
    sourcePort: 1000,
    port: 2000,
    size: 28 + length,
    payload: new Uint8Array(length).fill(mark),
    hops,
  };
}

const A = "10.0.0.1";
const B = "10.0.0.2";

function marks(arrivals: readonly Arrival[]): number[] {
  return arrivals.map(({ packet }) =>
    packet.protocol === "udp" ? packet.payload[0]! : -1
  );
}

function times(arrivals: readonly Arrival[]): number[] {
  return arrivals.map(({ time }) => Number(time.toFixed(6)));
}

Deno.test("machines have addresses of both families in the order of their creation", () => {
  const { wire, a } = new Net();
  assertEquals(a.addresses.map(({ text }) => text), ["10.0.0.1", "fd00::1"]);
  const c = wire.machine("c", { addresses: ["10.0.0.4", "192.168.1.1/16"] });
  assertEquals(wire.machine("d").addresses[0]!.text, "10.0.0.5");
  assertEquals(c.sourceFor("192.168.9.9"), "192.168.1.1");
  assertEquals(c.sourceFor("10.7.7.7"), "10.0.0.4");
  assertEquals(c.sourceFor("fd00::1"), undefined);
  assertEquals(c.sourceFor("127.0.0.9"), "127.0.0.1");
  assert(c.isBroadcast("192.168.255.255") && c.isBroadcast("10.255.255.255"));
  assert(c.isOwn("127.3.2.1") && c.isOwn("::1") && !c.isOwn(A));
  assertThrows(
    () => wire.machine("e", { addresses: [A] }),
    RangeError,
    'Cannot give host "e" the address 10.0.0.1: host "a" has it',
  );
});

Deno.test("a link delays packets and keeps their order whatever the jitter", () => {
  const net = new Net({ link: { latency: 5, jitter: 20 } });
  const arrivals = net.listen(net.b);
  for (let i = 0; i < 100; i++) net.a.send(datagram(A, B, 10, i));
  net.run();
  assertEquals(marks(arrivals), Array.from({ length: 100 }, (_, i) => i));
  assert(arrivals.every(({ time }) => time >= 5 && time < 25));
});

Deno.test("a link with reorder lets packets overtake others", () => {
  const net = new Net({ link: { reorder: 0.2 } });
  const arrivals = net.listen(net.b);
  for (let i = 0; i < 100; i++) net.a.send(datagram(A, B, 10, i));
  net.run();
  const order = marks(arrivals);
  assert(order.some((mark, i) => mark !== i));
  assertEquals(order.toSorted((x, y) => x - y), order.map((_, i) => i));
});

Deno.test("a link with a bandwidth delays by size and drops what its queue cannot hold", () => {
  const net = new Net({ link: { latency: 1, bandwidth: 1000, queue: 200 } });
  const arrivals = net.listen(net.b);
  for (let i = 0; i < 5; i++) net.a.send(datagram(A, B, 72, i));
  net.run();
  assertEquals(times(arrivals), [101, 201]);
  const lost = [...net.wire.recorder].filter(({ isLost }) => isLost);
  assertEquals(lost.length, 3);
  assert(lost[0]!.text().endsWith("lost (queue full)"));
});

Deno.test("loss and duplicate happen by the seed and have names", () => {
  const options = { link: { loss: 0.3, duplicate: 0.3 } };
  const send = (seed: number, faults?: ReadonlySet<string>) => {
    const net = new Net({ ...options, faults }, seed);
    const arrivals = net.listen(net.b);
    for (let i = 0; i < 50; i++) net.a.send(datagram(A, B, 10, i));
    net.run();
    return { marks: marks(arrivals), faults: net.wire.faults.happened };
  };
  const first = send(1);
  assertEquals(send(1), first);
  assert(first.marks.join() !== send(2).marks.join());
  const drop = first.faults.find((name) => name.startsWith("a>b drop "))!;
  const number = Number(drop.slice("a>b drop ".length));
  const only = send(1, new Set([drop]));
  assertEquals(only.faults, [drop]);
  assertEquals(
    only.marks,
    Array.from({ length: 50 }, (_, i) => i).filter((i) => i !== number - 1),
  );
});

Deno.test("a datagram with many fragments is lost more often than one with few", () => {
  const net = new Net({ link: { loss: 0.05 } });
  const arrivals = net.listen(net.b);
  for (let i = 0; i < 200; i++) net.a.send(datagram(A, B, 100, 1));
  for (let i = 0; i < 200; i++) net.a.send(datagram(A, B, 60_000, 2));
  net.run();
  const small = marks(arrivals).filter((mark) => mark === 1).length;
  const large = marks(arrivals).filter((mark) => mark === 2).length;
  assert(small > 170 && large < 60, `${small} ${large}`);
});

Deno.test("a cut link loses packets in flight, a held one keeps them", () => {
  const net = new Net();
  const arrivals = net.listen(net.b);
  const link = net.a.linkTo(net.b);
  net.a.send(datagram(A, B, 10, 1));
  link.cut();
  net.a.send(datagram(A, B, 10, 2));
  net.run();
  link.heal();
  net.a.send(datagram(A, B, 10, 3));
  link.hold();
  net.a.send(datagram(A, B, 10, 4));
  net.run();
  assertEquals(marks(arrivals), []);
  assert([...net.wire.recorder].at(-1)!.text().endsWith("; held"));
  link.release();
  net.run();
  assertEquals(marks(arrivals), [3, 4]);
});

Deno.test("changed options leave packets in flight alone", () => {
  const net = new Net({ link: { latency: 10 } });
  const arrivals = net.listen(net.b);
  net.a.send(datagram(A, B, 10, 1));
  const link = net.a.linkTo(net.b);
  link.options = { ...link.options, latency: 1, loss: 1 };
  net.a.send(datagram(A, B, 10, 2));
  net.run();
  assertEquals(times(arrivals), [10]);
});

Deno.test("an address that no host has is reported unreachable after 3 seconds", () => {
  const net = new Net();
  const reports = net.listen(net.a);
  const arrivals = net.listen(net.b);
  net.a.send(datagram(A, "10.0.0.9"));
  net.a.send(datagram(A, "10.0.0.8"));
  net.run(1500);
  net.b.setAddresses([B, "10.0.0.8"]);
  net.run();
  assertEquals(reports.map(({ time, packet }) => [time, packet.protocol]), [
    [3000, "icmp"],
  ]);
  assertEquals(times(arrivals), [2000.5]);
});

Deno.test("multicast comes to the members and broadcast to the subnet, but not to the sender", () => {
  const net = new Net();
  const c = net.wire.machine("c", { addresses: ["192.168.0.1"] });
  const heard = [net.a, net.b, c].map((machine) => net.listen(machine));
  const counts = () => {
    net.run();
    return heard.map((arrivals) => arrivals.splice(0).length);
  };
  net.a.join("224.1.1.1");
  net.b.join("224.1.1.1");
  net.b.join("224.1.1.1");
  net.a.send(datagram(A, "224.1.1.1"));
  assertEquals(counts(), [0, 1, 0]);
  net.a.send(datagram(A, "224.1.1.1", 1, 0, 0));
  assertEquals(counts(), [1, 0, 0]);
  net.b.leave("224.1.1.1");
  net.a.send(datagram(A, "224.1.1.1"));
  assertEquals(counts(), [0, 1, 0]);
  net.b.leave("224.1.1.1");
  net.a.send(datagram(A, "224.1.1.1"));
  assertEquals(counts(), [0, 0, 0]);
  net.a.send(datagram(A, "255.255.255.255"));
  assertEquals(counts(), [0, 1, 1]);
  net.a.send(datagram(A, "10.255.255.255"));
  assertEquals(counts(), [0, 1, 0]);
  net.a.send(datagram(A, "224.0.0.1"));
  assertEquals(counts(), [0, 1, 1]);
});

Deno.test("loopback is fast, has no faults and takes large packets", () => {
  const net = new Net({ link: { loss: 1 } });
  const arrivals = net.listen(net.a);
  net.a.send(datagram("127.0.0.1", "127.0.0.1"));
  net.a.send(datagram("::1", "::1"));
  net.a.send(datagram(A, A));
  net.run();
  assertEquals(times(arrivals), [0.01, 0.01, 0.01]);
  assertEquals([net.a.mtuTo(A), net.a.mtuTo("127.0.0.1"), net.a.mtuTo(B)], [
    65_536,
    65_536,
    1500,
  ]);
});

Deno.test("crash() silences a machine and restart() starts an empty one", () => {
  const net = new Net();
  const before = net.listen(net.b);
  net.b.join("224.1.1.1");
  const release = net.b.open();
  net.a.send(datagram(A, B));
  net.b.crash();
  net.b.send(datagram(B, A));
  net.run();
  assertEquals(before, []);
  assertEquals([...net.wire.recorder].length, 1);
  assert([...net.wire.recorder][0]!.text().endsWith("lost (host is down)"));
  net.b.restart();
  release();
  assertEquals([net.b.sockets, net.b.isMember("224.1.1.1")], [0, false]);
  const after = net.listen(net.b);
  net.a.send(datagram(A, B));
  net.run();
  assertEquals([before.length, after.length], [0, 1]);
});

Deno.test("open() fails with EMFILE at the limit and releases once", () => {
  const { wire } = new Net();
  const machine = wire.machine("c", { maxSockets: 1 });
  const release = machine.open();
  assertThrows(() => machine.open(), Error, "EMFILE");
  release();
  release();
  machine.open();
  assertThrows(() => machine.open(), Error, "EMFILE");
});

Deno.test("the recorder keeps the last events and counts the others", () => {
  const net = new Net({ maxTrace: 3 });
  for (let i = 1; i <= 5; i++) net.a.send(datagram(A, B, i));
  const { recorder } = net.wire;
  assertEquals([recorder.size, recorder.omitted], [3, 2]);
  assertEquals(
    [...recorder].map((event) => event.text()),
    [3, 4, 5].map((length) =>
      `10.0.0.1:1000 > 10.0.0.2:2000: UDP, length ${length}; arrives 0.500`
    ),
  );
});
