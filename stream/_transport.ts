/**
 * The seam below connections and listeners: what an API that carries a stream of
 * bytes must provide. One file implements it for one API, and only that file
 * knows the API. The folder of each kind of socket has its own.
 *
 * Transports report failures as the API has them; the classes above make our
 * errors of them, once.
 */
import type { Addr } from "../address/mod.ts";

/** The most bytes of one write, for APIs that report nothing until all of it is done. */
const MOST_AT_ONCE = 256 * 1024;

/**
 * Returns the bytes to give to such an API at once: the counters, and so the idle
 * timeouts, are to see a slow write go on.
 */
export function firstPiece(bytes: Uint8Array): Uint8Array {
  return bytes.length > MOST_AT_ONCE ? bytes.subarray(0, MOST_AT_ONCE) : bytes;
}

/** What not everything that carries a stream can do. */
export type StreamFeature = "closeWrite" | "ref";

/** One connection as an API has it. A method that is missing is unsupported. */
export interface StreamTransport<A extends Addr = Addr> {
  /** The API. */
  readonly backend: string;
  /** What it cannot do although it has the method, because its source cannot. */
  readonly lacks?: ReadonlySet<StreamFeature>;
  /** The local address. */
  readonly localAddr: A;
  /** The remote address. */
  readonly remoteAddr: A;
  /**
   * Reads what there is, at most `buffer.length` bytes; null at the end of the
   * stream. One read at a time; it ends only with the connection.
   */
  read(buffer: Uint8Array): Promise<number | null>;
  /** Writes at least one byte of `bytes`. One write at a time. */
  write(bytes: Uint8Array): Promise<number>;
  /** Ends the writing half, as FIN does. */
  closeWrite?(): Promise<void>;
  /**
   * Ends the connection and all that is pending on it. If the API releases it
   * later, resolves when it has.
   */
  close(): void | Promise<void>;
  /** Ends the connection with RST; returns false if the program may not. */
  reset?(): boolean;
  /** Lets pending calls keep the program alive. */
  ref(): void;
  /** Lets the program end while calls are pending. */
  unref(): void;
  /** Returns what carries the connection, for another owner. No write is pending. */
  detach?(): unknown;
  /** Whether `detach` may be called while a read is pending, and loses no byte by it. */
  readonly canLeaveRead?: boolean;
  /** What was taken of the source, but did not fit into the buffer of a read. */
  readonly unread?: Uint8Array;
  /**
   * Says whether a caller waits for the pending read. If none does, because the
   * caller cancelled, that read does not keep the program alive.
   */
  holdRead?(isHeld: boolean): void;
}

/** One listening socket as an API has it. */
export interface ListenerTransport<
  A extends Addr = Addr,
  T extends StreamTransport<A> = StreamTransport<A>,
> {
  /** The API. */
  readonly backend: string;
  /** Where it listens. */
  readonly addr: A;
  /** The next connection. One accept at a time; it ends only with the listener. */
  accept(): Promise<T>;
  /** Ends the listener and what is pending on it; resolves when the address is free. */
  close(): Promise<void>;
  /** Lets a pending accept keep the program alive. */
  ref(): void;
  /** Lets the program end while an accept is pending. */
  unref(): void;
}
