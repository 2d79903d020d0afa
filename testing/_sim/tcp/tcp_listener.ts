import type { NetAddr } from "../../../address/mod.ts";
import type { TcpListenerTransport, TcpTransport } from "../../../tcp/_seam.ts";
import { failure, type Machine, type TcpPacket } from "../types.ts";
import type { Binding } from "./port_table.ts";
import { failCall, type Programs, silent } from "./programs.ts";
import type { Opening } from "./connection_owner.ts";
import type { TcpConnection } from "./tcp_connection.ts";
import { SimulatedTransport } from "./tcp_transport.ts";
import type { Waker } from "./waker.ts";

/** An accept that waits for a connection. */
interface PendingAccept {
  readonly since: number;
  readonly resolve: (transport: TcpTransport) => void;
  readonly reject: (error: unknown) => void;
}

/** What a listener needs of the stack of its host. */
export interface ListenerOwner {
  readonly machine: Machine;
  readonly waker: Waker;
  readonly programs: Programs;
  /** Makes the connection that a SYN asks for. */
  answer(
    listener: TcpListener,
    syn: TcpPacket,
    opening: Opening,
  ): TcpConnection;
  /** Forgets a connection without a word to its peer. */
  discard(connection: TcpConnection): void;
  /** Forgets the listener: its port is free. */
  unlisten(listener: TcpListener): void;
}

/** A listening socket: connections that are being opened, and those that are open. */
export class TcpListener implements TcpListenerTransport {
  readonly backend = "simulated";
  readonly addr: NetAddr;
  readonly binding: Binding;
  readonly #owner: ListenerOwner;
  readonly #programs: Programs;
  readonly #backlog: number;
  readonly #giveBack: () => void;
  /** Those whose handshake is under way. */
  readonly #opening = new Set<TcpConnection>();
  /** Those that no accept has taken. */
  readonly #ready: TcpConnection[] = [];
  #accept: PendingAccept | undefined;
  #isClosed = false;
  #isAwaited = true;

  constructor(
    owner: ListenerOwner,
    binding: Binding,
    backlog: number,
    giveBack: () => void,
  ) {
    this.#owner = owner;
    this.#programs = owner.programs;
    this.binding = binding;
    this.#backlog = backlog;
    this.#giveBack = giveBack;
    const { address: hostname, port } = binding;
    this.addr = { transport: "tcp", hostname, port };
  }

  /** A SYN has come for a new connection. Linux drops it if the queue is full. */
  receive(syn: TcpPacket): void {
    if (this.#isFull) return;
    const connection = this.#owner.answer(this, syn, {
      onOpen: () => this.#add(connection),
      onFail: () => this.#opening.delete(connection),
    });
    this.#opening.add(connection);
    connection.start();
  }

  /** As in Linux, the queue takes one connection more than the backlog says. */
  get #isFull(): boolean {
    return this.#ready.length > this.#backlog;
  }

  /** The handshake is complete; returns false if there is no room. */
  #add(connection: TcpConnection): boolean {
    if (this.#isFull) return false;
    this.#opening.delete(connection);
    this.#ready.push(connection);
    this.#serve();
    return true;
  }

  accept(): Promise<TcpTransport> {
    if (this.#programs.haveEnded) return silent();
    if (this.#isClosed) return Promise.reject(failure("EBADF", "accept"));
    return new Promise((resolve, reject) => {
      const since = this.#owner.machine.scheduler.now;
      this.#accept = { since, resolve, reject };
      this.#serve();
    });
  }

  /** Gives the first connection to the accept that waits. */
  #serve(): void {
    const accept = this.#accept;
    const [connection] = this.#ready;
    if (accept === undefined || connection === undefined) return;
    this.#accept = undefined;
    this.#owner.waker.wake();
    try {
      const giveBack = this.#programs.open(this.#owner.machine);
      this.#ready.shift();
      accept.resolve(
        new SimulatedTransport(this.#programs, connection, giveBack),
      );
    } catch (error) { // the connection stays for a later accept
      const { scheduler } = this.#owner.machine;
      failCall(scheduler, this.#programs, () => accept.reject(error));
    }
  }

  close(): Promise<void> {
    if (this.#isClosed || this.#programs.haveEnded) return Promise.resolve();
    this.#isClosed = true;
    this.#accept?.reject(failure("EBADF", "accept"));
    this.#accept = undefined;
    this.#end();
    return Promise.resolve();
  }

  /** Stops listening: connections that no accept has taken are reset. */
  #end(): void {
    this.#giveBack();
    this.#owner.unlisten(this);
    for (const connection of this.#opening) this.#owner.discard(connection);
    for (const connection of this.#ready) connection.reset();
    this.#opening.clear();
    this.#ready.length = 0;
  }

  /** Since when an accept waits that a caller awaits. */
  get acceptingSince(): number | undefined {
    return this.#isAwaited ? this.#accept?.since : undefined;
  }

  /** A caller awaits the accept. A simulated host keeps no process alive. */
  ref(): void {
    this.#isAwaited = true;
  }

  /** No caller does: the accept was cancelled. */
  unref(): void {
    this.#isAwaited = false;
  }
}
