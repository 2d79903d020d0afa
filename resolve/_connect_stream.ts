import { isDeno } from "../internal/runtime/mod.ts";
import { connectDeno } from "./_deno_stream.ts";
import type { NameServer } from "./resolver_options.ts";

/** A TCP connection to a name server. */
export interface DnsStream {
  /** Reads into the buffer; resolves with the number of bytes, or null at the end. */
  read(buffer: Uint8Array): Promise<number | null>;
  /** Writes some of the bytes; resolves with how many. */
  write(bytes: Uint8Array): Promise<number>;
  /** Closes it; what is pending rejects. */
  close(): void;
}

/** Connects; an abort ends the attempt. */
export async function connectStream(
  server: Required<NameServer>,
  signal: AbortSignal,
): Promise<DnsStream> {
  if (isDeno) return await connectDeno(server, signal);
  const { connectNode } = await import("./_node_stream.ts");
  return await connectNode(server, signal);
}
