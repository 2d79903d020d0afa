import { socketError } from "../errors/mod.ts";
import { addrsOf, type SomeAddrs } from "./_addr_pair.ts";
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
}

/** A duplex stream of Node that the caller made. */
export class SourceDuplex extends DuplexTransport<Deno.Addr, AnyDuplex> {
  readonly canLeaveRead = true;
  #ending: Promise<void> | undefined;

  constructor(duplex: AnyDuplex, given: SomeAddrs) {
    const fault = faultOf(duplex);
    if (fault !== undefined) {
      throw new TypeError(`Cannot make a connection of the stream: ${fault}`);
    }
    super(duplex, { ...addrsOf(given, socketAddrs(duplex)), mayHold: true });
  }

  protected override failureOf(error: unknown): Error {
    if (!isDestroyed(error)) return sourceError(error);
    return socketError("ECONNRESET", {
      action: "use the stream",
      reason: "it was destroyed before its end",
      cause: error,
    });
  }

  override closeWrite(): Promise<void> {
    return this.#ending ??= super.closeWrite();
  }

  /** Ends it first: destroying a stream of Node tells its reader of no end. */
  override async close(): Promise<void> {
    await within(CLOSING, this.closeWrite()).catch(() => {});
    super.close();
  }

  detach(): AnyDuplex {
    this.release();
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

function netAddr(hostname?: string, port?: number): Deno.NetAddr | undefined {
  if (hostname === undefined || port === undefined) return undefined;
  return { transport: "tcp", hostname, port };
}
