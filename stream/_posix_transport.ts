/**
 * A stream over libc: what connections and listeners of every family have in
 * common. The folder of each kind of socket opens the sockets.
 */
import type { Addr } from "../address/mod.ts";
import type { PosixSocket, SocketName } from "../posix/mod.ts";
import { POLLIN, POLLOUT, ReadyCalls } from "../internal/libc/mod.ts";
import {
  firstPiece,
  type ListenerTransport,
  type StreamTransport,
} from "./_transport.ts";

/** A connection over libc. */
export class PosixStream<A extends Addr> implements StreamTransport<A> {
  readonly backend = "posix";
  readonly localAddr: A;
  readonly remoteAddr: A;
  /** The socket that carries it. */
  protected readonly socket: PosixSocket;
  readonly #reads: ReadyCalls<number | null>;
  readonly #writes: ReadyCalls<number>;

  constructor(socket: PosixSocket, localAddr: A, remoteAddr: A) {
    this.socket = socket;
    this.localAddr = localAddr;
    this.remoteAddr = remoteAddr;
    this.#reads = new ReadyCalls(socket, POLLIN);
    this.#writes = new ReadyCalls(socket, POLLOUT);
  }

  get descriptor(): number {
    return this.socket.fd;
  }

  read(buffer: Uint8Array): Promise<number | null> {
    const { socket } = this;
    return this.#reads.whenReady(() => {
      const count = socket.recvSeen(buffer);
      return count === 0 ? null : count;
    });
  }

  write(bytes: Uint8Array): Promise<number> {
    const { socket } = this;
    const piece = firstPiece(bytes);
    return this.#writes.whenReady(() => socket.sendNow(piece));
  }

  closeWrite(): Promise<void> {
    try {
      this.socket.shutdown(1);
      return Promise.resolve();
    } catch (error) {
      return Promise.reject(error);
    }
  }

  close(): Promise<void> {
    this.holdRead(true); // closing rejects the reads that wait
    return this.socket[Symbol.asyncDispose]();
  }

  ref(): void {
    this.socket.ref();
  }

  unref(): void {
    this.socket.unref();
  }

  holdRead(isHeld: boolean): void {
    this.#reads.hold(isHeld);
  }
}

/** A listener over libc. */
export class PosixListener<A extends Addr, T extends StreamTransport<A>>
  implements ListenerTransport<A, T> {
  readonly backend = "posix";
  readonly addr: A;
  readonly #socket: PosixSocket;
  readonly #accepts: ReadyCalls<T>;
  readonly #open: (socket: PosixSocket, remote: SocketName) => T;

  constructor(
    socket: PosixSocket,
    addr: A,
    open: (socket: PosixSocket, remote: SocketName) => T,
  ) {
    this.#socket = socket;
    this.addr = addr;
    this.#open = open;
    this.#accepts = new ReadyCalls(socket, POLLIN);
  }

  get descriptor(): number {
    return this.#socket.fd;
  }

  accept(): Promise<T> {
    return this.#accepts.whenReady(() => {
      const accepted = this.#socket.acceptNow();
      return accepted && this.#open(accepted.socket, accepted.address);
    });
  }

  close(): Promise<void> {
    return this.#socket[Symbol.asyncDispose]();
  }

  ref(): void {
    this.#socket.ref();
  }

  unref(): void {
    this.#socket.unref();
  }
}
