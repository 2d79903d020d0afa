/**
 * Random calls on sockets of UDP do the same on loopback, over libc, and in a simulation:
 * who gets a datagram, what fails, and with which error.
 */
import { simulate } from "@berkeley/sockets/testing";
import type {
  ConnectedUdpSocket,
  Datagram,
  UdpSocket,
} from "@berkeley/sockets/udp";
import { assertEquals } from "@std/assert";
import * as real from "../../../mod.ts";
import { HAS_POSIX } from "../../_posix.ts";
import { Random } from "../../_random.ts";
import { at, Log, type ScenarioSockets, settle } from "./_scenario.ts";

const HOSTS = ["127.0.0.1", "127.0.0.2", "0.0.0.0", "::1", "::"] as const;
const PEERS = ["127.0.0.1", "127.0.0.2", "::1"] as const;
const VIA = "127.0.0.1";
/** A socket for both families. */
const DUAL = /^::(?= )/;
const CALLS = 100;
const MAX_SOCKETS = 6;

type Socket = UdpSocket | ConnectedUdpSocket;

function isConnected(socket: Socket): socket is ConnectedUdpSocket {
  return "remoteAddr" in socket;
}

/** What a receive finds in a turn of the event loop; a busy one may need that long. */
function receiveNow(socket: Socket): Promise<Datagram> {
  const controller = new AbortController();
  setTimeout(() => controller.abort("nothing"));
  return socket.receive({ signal: controller.signal });
}

/** Random calls, and what became of them. */
class Player {
  readonly log: Log = new Log();
  readonly #random: Random;
  readonly #sockets: Socket[] = [];
  readonly #bindings: string[] = [];
  readonly #net: Pick<ScenarioSockets, "bindUdp">;
  readonly #ports: readonly number[];
  /** Its own: a socket also hears what others on the host have joined. */
  readonly #group: string;
  #count = 0;

  constructor(
    seed: number,
    net: Pick<ScenarioSockets, "bindUdp">,
    ports: readonly number[],
  ) {
    this.#random = new Random(seed);
    this.#net = net;
    this.#ports = ports;
    this.#group = `239.255.97.${seed}`;
    this.log.note("ports", ports.map((port) => `:${port}`));
  }

  async #bind(): Promise<void> {
    const random = this.#random;
    const hostname = random.pick(HOSTS);
    const port = random.pick(this.#ports);
    const reuseAddress = random.next() < 0.7;
    // Of equals, Linux prefers the one that has received on the same CPU.
    const binding = `${hostname} ${port}`;
    const isEqual = this.#bindings.some((other) =>
      other.replace(DUAL, "0.0.0.0") === binding.replace(DUAL, "0.0.0.0")
    );
    if (isEqual || this.#sockets.length === MAX_SOCKETS) return;
    const socket = await this.log.call(
      `bind ${hostname}:${port} ${reuseAddress}`,
      this.#net.bindUdp({ hostname, port, reuseAddress, backend: "posix" }),
    );
    if (socket === undefined) return;
    this.#bindings.push(binding);
    if (!hostname.includes(":")) socket.setMulticastInterface(VIA);
    this.#sockets.push(socket);
  }

  async #close(index: number): Promise<void> {
    const [socket] = this.#sockets.splice(index, 1);
    this.#bindings.splice(index, 1);
    await socket![Symbol.asyncDispose]();
  }

  async #send(index: number, socket: Socket): Promise<void> {
    const random = this.#random;
    const text = `datagram ${this.#count++}`;
    const hostname = random.next() < 0.1 ? this.#group : random.pick(PEERS);
    const port = random.pick(this.#ports);
    const to = `${hostname}:${port}`;
    if (isConnected(socket)) {
      await this.log.call(`${index} sends`, socket.send(text));
    } else {
      await this.log.call(
        `${index} sends to ${to}`,
        socket.sendTo(text, { hostname, port }),
      );
    }
  }

  async #turn(index: number): Promise<void> {
    const random = this.#random;
    const socket = this.#sockets[index]!;
    const hostname = random.pick(PEERS);
    const port = random.pick(this.#ports);
    // Linux goes on to filter IPv6 by the former peer (sk_v6_daddr).
    const isDual = DUAL.test(this.#bindings[index]!);
    if (isConnected(socket) && random.next() < 0.5) {
      if (isDual) return;
      const next = await this.log.call(
        `${index} disconnects`,
        () => socket.disconnect(),
        ({ localAddr }) => at(localAddr),
      );
      if (next !== undefined) this.#sockets[index] = next;
      return;
    }
    const next = await this.log.call(
      `${index} connects to ${hostname}:${port}`,
      async () => await socket.connect({ hostname, port }) ?? socket,
      ({ localAddr }) => at(localAddr),
    );
    if (next !== undefined) this.#sockets[index] = next;
  }

  async #receiveAll(): Promise<void> {
    for (const [index, socket] of this.#sockets.entries()) {
      for (let more = true; more;) {
        const got = await this.log.call(
          `${index} receives`,
          receiveNow(socket),
          ({ data, address }) => [new TextDecoder().decode(data), at(address)],
        );
        more = got !== undefined;
      }
    }
  }

  async #joinOrLeave(index: number, socket: Socket): Promise<void> {
    const isJoin = this.#random.next() < 0.7;
    const options = { interface: VIA };
    await this.log.call(
      `${index} ${isJoin ? "joins" : "leaves"}`,
      () =>
        isJoin
          ? socket.joinMulticast(this.#group, options)
          : socket.leaveMulticast(this.#group, options),
    );
  }

  /** Makes the calls; `arrive` waits until what was sent has arrived. */
  async play(arrive: () => Promise<void>): Promise<string[]> {
    for (let call = 0; call < CALLS; call++) {
      const chance = this.#random.next();
      const index = this.#random.integer(0, MAX_SOCKETS - 1);
      const socket = this.#sockets[index];
      if (socket === undefined || chance < 0.1) await this.#bind();
      else if (chance < 0.2) await this.#close(index);
      else if (chance < 0.6) {
        await this.#send(index, socket);
        await arrive();
      } else if (chance < 0.75) await this.#turn(index);
      else if (chance < 0.85) await this.#joinOrLeave(index, socket);
      else await this.#receiveAll();
    }
    for (const socket of this.#sockets) await socket[Symbol.asyncDispose]();
    return this.log.lines;
  }
}

/** Ports that nobody has, of both families. */
async function freePorts(count: number): Promise<number[]> {
  const sockets = await Promise.all(
    Array.from(
      { length: count },
      () => real.bindUdp({ hostname: "::", backend: "posix" }),
    ),
  );
  for (const socket of sockets) await socket[Symbol.asyncDispose]();
  return sockets.map(({ localAddr }) => localAddr.port);
}

/** Plays on loopback; again and slower, if it is not what was simulated. */
async function playReal(
  seed: number,
  simulated: readonly string[],
): Promise<string[]> {
  let log: string[] = [];
  // A receive that was cancelled goes on below, in a thread that needs some time.
  for (const delay of [2, 20, 100]) {
    const player = new Player(seed, real, await freePorts(3));
    log = await player.play(() => settle(delay));
    if (log.join("\n") === simulated.join("\n")) break;
  }
  return log;
}

const SEEDS = [1, 2, 3, 4, 5, 6];

Deno.test({
  name: "random calls on UDP do the same on loopback and simulated",
  permissions: { net: true, ffi: true },
  ignore: Deno.build.os !== "linux" || !HAS_POSIX,
  async fn() {
    const simulated: string[][] = [];
    for (const seed of SEEDS) {
      simulated.push(
        await simulate((network) =>
          new Player(seed, network.host("host"), [5001, 5002, 5003])
            .play(settle)
        ),
      );
    }
    const logs = await Promise.all(
      SEEDS.map((seed, index) => playReal(seed, simulated[index]!)),
    );
    for (const [index, log] of logs.entries()) {
      assertEquals(simulated[index], log, `seed ${SEEDS[index]}`);
    }
  },
});
