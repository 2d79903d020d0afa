import {
  type ConnectTarget,
  DEFAULT_BACKLOG,
  type ListenTarget,
  type TcpCalls,
  type TcpListenerTransport,
  type TcpTransport,
} from "../../../tcp/_seam.ts";
import type { Machine, Packet, Stack, TcpPacket, Timing } from "../types.ts";
import { canonical } from "../udp/addresses.ts";
import { FlowTable } from "./flow.ts";
import { Ports } from "./ports.ts";
import { type Ends, refusalOf } from "./segment.ts";
import { pendingCall } from "../pending_call.ts";
import { pendingCalls } from "./pending_calls.ts";
import { failCall, Programs } from "./programs.ts";
import type {
  ConnectionOwner,
  Opening,
  OwnedConnection,
} from "./connection_owner.ts";
import { TcpConnection } from "./tcp_connection.ts";
import { type ListenerOwner, TcpListener } from "./tcp_listener.ts";
import { SimulatedTransport } from "./tcp_transport.ts";
import { TimeWait, type TimeWaitOwner } from "./time_wait.ts";
import { TimeWaits } from "./time_waits.ts";
import { Waker } from "./waker.ts";

/** How fast the sequence numbers of new connections grow, per millisecond. */
const SEQUENCES = 100_000;
/** The default size of the buffers of a connection, in bytes. */
const BUFFER = 128 * 1024;

/** The sizes of the buffers of a connection, in bytes. */
export interface TcpStackOptions {
  readonly receiveBuffer?: number;
  readonly sendBuffer?: number;
}

/** The TCP of a host: its ports and connections, and which gets which segment. */
export class TcpStack
  implements Stack, TcpCalls, ConnectionOwner, ListenerOwner, TimeWaitOwner {
  readonly machine: Machine;
  readonly waker: Waker = new Waker();
  readonly receiveBuffer: number;
  readonly sendBuffer: number;
  /** The programs that run now: sockets of earlier ones do nothing. */
  programs: Programs = new Programs();
  readonly #ports: Ports;
  readonly #flows = new FlowTable();
  readonly #listeners = new Set<TcpListener>();
  readonly #timeWaits = new TimeWaits();

  constructor(machine: Machine, options: TcpStackOptions = {}) {
    const { receiveBuffer = BUFFER, sendBuffer = BUFFER } = options;
    this.machine = machine;
    this.receiveBuffer = receiveBuffer;
    this.sendBuffer = sendBuffer;
    this.#ports = new Ports(machine);
  }

  get scheduler(): Timing {
    return this.machine.scheduler;
  }

  // Calls of programs.

  // Callers take these two off the object.

  readonly connect = (
    target: ConnectTarget,
    signal: AbortSignal,
  ): Promise<TcpTransport> => {
    const { programs } = this;
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      let giveBack: () => void;
      try {
        giveBack = programs.open(this.machine);
      } catch (error) {
        return this.#fail(() => reject(error));
      }
      const fail = (error: unknown) => {
        giveBack();
        signal.removeEventListener("abort", onAbort);
        reject(error);
      };
      const onAbort = () => {
        connection.reset();
        fail(signal.reason);
      };
      const opening: Opening = {
        onOpen: () => {
          this.waker.wake();
          signal.removeEventListener("abort", onAbort);
          resolve(new SimulatedTransport(programs, connection, giveBack));
          return true;
        },
        onFail: (error) => {
          this.waker.wake();
          fail(error);
        },
      };
      let connection: TcpConnection;
      try {
        connection = this.#open(target, opening);
      } catch (error) {
        return this.#fail(() => fail(error));
      }
      signal.addEventListener("abort", onAbort, { once: true });
      connection.start();
    });
  };

  #open(target: ConnectTarget, opening: Opening): TcpConnection {
    this.#expire();
    const { ends, binding } = this.#ports.forConnection(
      {
        remoteAddress: canonical(target.hostname),
        remotePort: target.port,
        localAddress: target.localAddress && canonical(target.localAddress),
        localPort: target.localPort,
      },
      (ends) => this.#flows.has(ends),
    );
    this.#ports.add(binding);
    const connection = new TcpConnection(this, ends, binding, opening);
    this.#flows.add(connection);
    return connection;
  }

  readonly listen = (target: ListenTarget): Promise<TcpListenerTransport> =>
    new Promise((resolve, reject) => {
      try {
        resolve(this.#listen(target));
      } catch (error) {
        this.#fail(() => reject(error));
      }
    });

  #listen(target: ListenTarget): TcpListener {
    this.#expire();
    const giveBack = this.programs.open(this.machine);
    try {
      const { hostname, backlog = DEFAULT_BACKLOG } = target;
      const address = canonical(hostname);
      const binding = this.#ports.forListener({ ...target, address });
      const listener = new TcpListener(this, binding, backlog, giveBack);
      this.#ports.add(binding);
      this.#listeners.add(listener);
      return listener;
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  #fail(end: () => void): void {
    failCall(this.scheduler, this.programs, end);
  }

  // What its connections and listeners need.

  newSequence(): number {
    return Math.floor(this.scheduler.now * SEQUENCES);
  }

  /** Makes the connection that a SYN asks a listener for. */
  answer(
    listener: TcpListener,
    syn: TcpPacket,
    opening: Opening,
  ): TcpConnection {
    const ends: Ends = {
      localAddress: syn.to,
      localPort: syn.port,
      remoteAddress: syn.from,
      remotePort: syn.sourcePort,
    };
    const binding = {
      ...listener.binding,
      address: syn.to,
      isListening: false,
    };
    this.#ports.add(binding);
    const connection = new TcpConnection(this, ends, binding, opening, syn);
    this.#flows.add(connection);
    return connection;
  }

  /** Forgets a connection without a word to its peer. */
  discard(connection: TcpConnection): void {
    connection.drop();
    this.remove(connection);
  }

  remove(connection: OwnedConnection): void {
    this.#flows.delete(connection);
    this.#ports.delete(connection.binding);
  }

  retire(connection: OwnedConnection, isEnded: boolean): void {
    const rest = new TimeWait(this, connection, isEnded);
    this.#flows.delete(connection);
    this.#expire();
    this.#flows.add(rest);
    this.#timeWaits.add(rest);
  }

  forget(rest: TimeWait): void {
    this.#timeWaits.delete(rest);
    this.#flows.delete(rest);
    this.#ports.delete(rest.binding);
  }

  reopen(rest: TimeWait, syn: TcpPacket): void {
    const listener = this.#listenerFor(syn);
    if (listener === undefined) return this.machine.send(refusalOf(syn)!);
    this.forget(rest);
    listener.receive(syn);
  }

  #expire(): void {
    this.#timeWaits.expire(this.scheduler.now, (rest) => this.forget(rest));
  }

  unlisten(listener: TcpListener): void {
    this.#listeners.delete(listener);
    this.#ports.delete(listener.binding);
  }

  // Packets.

  receive(packet: Packet): boolean {
    return this.waker.during(() => this.#receive(packet));
  }

  #receive(packet: Packet): void {
    if (packet.protocol === "icmp") {
      const { about } = packet;
      const { from, to, sourcePort, port } = about;
      this.#flowOf(from, sourcePort, to, port)?.onUnreachable(packet.kind);
      return;
    }
    if (packet.protocol !== "tcp") return;
    const { from, to, sourcePort, port } = packet;
    const flow = this.#flowOf(to, port, from, sourcePort);
    if (flow !== undefined) return flow.receive(packet);
    const isSyn = packet.syn && !packet.ack && !packet.rst;
    const listener = isSyn ? this.#listenerFor(packet) : undefined;
    if (listener !== undefined) return listener.receive(packet);
    const refusal = refusalOf(packet);
    if (refusal !== undefined) this.machine.send(refusal);
  }

  #flowOf(local: string, localPort: number, remote: string, port: number) {
    const flow = this.#flows.find(local, localPort, remote, port);
    if (!(flow instanceof TimeWait) || flow.expiresAt > this.scheduler.now) {
      return flow;
    }
    this.forget(flow);
    return undefined;
  }

  #listenerFor(syn: TcpPacket): TcpListener | undefined {
    const binding = this.#ports.listenerFor(syn);
    return [...this.#listeners].find((one) => one.binding === binding);
  }

  /** Describes the calls that are pending, a line each. */
  *describePending(): Generator<string> {
    for (const flow of this.#flows) {
      if (flow instanceof TcpConnection) yield* pendingCalls(flow);
    }
    for (const { acceptingSince, addr } of this.#listeners) {
      const { hostname, port } = addr;
      if (acceptingSince === undefined) continue;
      yield pendingCall("accept on", hostname, port, acceptingSince);
    }
  }

  // The end of the host.

  crash(): void {
    this.#end(() => {});
  }

  shutdown(): void {
    this.#end((connection) => connection.abort());
  }

  /** The pending calls of the programs never settle: the programs have ended. */
  #end(end: (connection: TcpConnection) => void): void {
    this.programs.end();
    this.programs = new Programs();
    for (const flow of this.#flows) {
      if (!(flow instanceof TcpConnection)) continue;
      end(flow);
      this.discard(flow);
    }
    for (const listener of this.#listeners) {
      this.#ports.delete(listener.binding);
    }
    this.#listeners.clear();
  }
}
