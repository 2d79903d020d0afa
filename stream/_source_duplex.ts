import type { Addr, NetAddr } from "../address/mod.ts";
import { socketError } from "../errors/mod.ts";
import { type AddrPair, addrsOf, type SomeAddrs } from "./_addr_pair.ts";
import { DuplexTransport, type NodeDuplex } from "./_duplex_transport.ts";
import { CLOSING, within } from "./_source_closing.ts";
import { sourceError } from "./_source_error.ts";

/** The properties that some duplex streams have. */
export interface AnyDuplex extends NodeDuplex {
  readonly readableObjectMode?: boolean;
  readonly writableObjectMode?: boolean;
  readonly readableEncoding?: string | null;
  readonly localAddress?: string;
  readonly localPort?: number;
  readonly remoteAddress?: string;
  readonly remotePort?: number;
  readonly writableEnded?: boolean;
  readonly writableFinished?: boolean;
  allowHalfOpen?: boolean;
}

/** A duplex stream of Node that the caller made. */
export class SourceDuplex extends DuplexTransport<Addr, AnyDuplex> {
  readonly #given: SomeAddrs;
  #addrs: AddrPair;
  readonly #allowHalfOpen: boolean | undefined;
  #ending: Promise<void> | undefined;

  constructor(duplex: AnyDuplex, given: SomeAddrs) {
    const fault = faultOf(duplex);
    if (fault !== undefined) {
      throw new TypeError(`Cannot make a connection of the stream: ${fault}`);
    }
    const addrs = addrsOf(given, socketAddrs(duplex));
    super(duplex, { ...addrs, mayHold: true });
    this.#given = given;
    this.#addrs = addrs;
    duplex.on("connect", this.#onConnect);
    this.#allowHalfOpen = duplex.allowHalfOpen;
    this.#setHalfOpen(true);
  }

  /** Only now a socket that was still connecting has its addresses. */
  readonly #onConnect = (): void => {
    this.#addrs = addrsOf(this.#given, socketAddrs(this.duplex));
  };

  override get localAddr(): Addr {
    return this.#addrs.localAddr;
  }

  override get remoteAddr(): Addr {
    return this.#addrs.remoteAddr;
  }

  /** If false, which is the default of `net.Socket`, the peer's end ends both halves. */
  #setHalfOpen(allowHalfOpen: boolean): void {
    if (this.#allowHalfOpen === false) {
      this.duplex.allowHalfOpen = allowHalfOpen;
    }
  }

  /** Not once a read has taken bytes that the connection does not have yet. */
  get canLeaveRead(): boolean {
    return this.isReading;
  }

  protected override failureOf(error: unknown): Error {
    if (!isDestroyed(error)) return sourceError(error);
    return socketError("ECONNRESET", {
      action: "use the stream",
      reason: "it was destroyed before its end",
      cause: error,
    });
  }

  override write(bytes: Uint8Array): Promise<number> {
    // A write after the end would destroy the reading half, too.
    const { writableEnded, errored } = this.duplex;
    return writableEnded && !errored
      ? Promise.reject(socketError("EPIPE", { action: "write" }))
      : super.write(bytes);
  }

  override closeWrite(): Promise<void> {
    return this.#ending ??= this.duplex.writableFinished
      ? Promise.resolve()
      : super.closeWrite();
  }

  /** Ends it first: destroying a stream of Node tells its reader of no end. */
  override async close(): Promise<void> {
    await within(CLOSING, this.closeWrite()).catch(() => {});
    super.close();
  }

  detach(): AnyDuplex {
    this.release();
    this.duplex.off("connect", this.#onConnect);
    this.#setHalfOpen(false);
    return this.duplex;
  }
}

/** Whether a stream was closed without a failure, or by the destruction of another. */
function isDestroyed(error: unknown): boolean {
  const { code } = Object(error);
  return error === undefined || code === "ABORT_ERR" ||
    code === "ERR_STREAM_PREMATURE_CLOSE";
}

function faultOf(duplex: AnyDuplex): string | undefined {
  if (duplex.destroyed) return "it was destroyed";
  if (duplex.errored) return `it has failed: ${duplex.errored.message}`;
  if (duplex.readableObjectMode || duplex.writableObjectMode) {
    return "it is in object mode, and carries no bytes";
  }
  if (duplex.readableEncoding) return "it has an encoding, and reads as text";
  return undefined;
}

/** Returns the addresses of a `net.Socket`. */
function socketAddrs(duplex: AnyDuplex): SomeAddrs {
  const { localAddress, localPort, remoteAddress, remotePort } = duplex;
  return {
    localAddr: netAddr(localAddress, localPort),
    remoteAddr: netAddr(remoteAddress, remotePort),
  };
}

function netAddr(hostname?: string, port?: number): NetAddr | undefined {
  if (hostname === undefined || port === undefined) return undefined;
  return { transport: "tcp", hostname, port };
}
