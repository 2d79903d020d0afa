import type { DnsStream } from "./_dns_stream.ts";
import type { NameServer } from "./resolver_options.ts";

/** Connects by `Deno.connect`; an abort ends the attempt. */
export async function connectDeno(
  { hostname, port }: Required<NameServer>,
  signal: AbortSignal,
): Promise<DnsStream> {
  return await Deno.connect({ hostname, port, signal });
}
