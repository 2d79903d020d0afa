import { isDeno } from "../internal/runtime/mod.ts";
import { connectDeno } from "./_deno_stream.ts";
import type { DnsStream } from "./_dns_stream.ts";
import type { NameServer } from "./resolver_options.ts";

/** Connects; an abort ends the attempt. */
export async function connectStream(
  server: Required<NameServer>,
  signal: AbortSignal,
): Promise<DnsStream> {
  if (isDeno) return await connectDeno(server, signal);
  const { connectNode } = await import("./_node_stream.ts");
  return await connectNode(server, signal);
}
