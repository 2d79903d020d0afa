import { socketError } from "../errors/mod.ts";
import { addrsOf, type SomeAddrs } from "./_addr_pair.ts";
import { DuplexTransport, type NodeDuplex } from "./_duplex_transport.ts";
import { sourceError } from "./_source_error.ts";

/** What some duplex streams have beside what all have. */
export interface AnyDuplex extends NodeDuplex {
  readonly readableObjectMode?: boolean;
  readonly writableObjectMode?: boolean;
  readonly readableEncoding?: string | null;
  readonly localAddress?: string;
  readonly localPort?: number;
  readonly remoteAddress?: string;
  readonly remotePort?: number;
}

/** A duplex stream of Node that somebody else made. */
export class SourceDuplex extends DuplexTransport<Deno.Addr, AnyDuplex> {
  readonly canLeaveRead = true;

  constructor(duplex: AnyDuplex, given: SomeAddrs) {
    const fault = faultOf(duplex);
    if (fault !== undefined) {
      throw new TypeError(`Cannot make a connection of the stream: ${fault}`);
    }
    // Whoever reads at the other end may be handed the memory that is written.
    super(duplex, { ...addrsOf(given, socketAddrs(duplex)), mayHold: true });
  }

  protected override failureOf(error: unknown): Error {
    return error ? sourceError(error) : socketError("ECONNRESET", {
      action: "use the stream",
      reason: "it was destroyed before its end",
    });
  }

  detach(): AnyDuplex {
    this.release();
    return this.duplex;
  }
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
