/**
 * Name resolution without this host's name servers, for the simulated network of
 * `testing/`. Nothing else may import it.
 *
 * - {@linkcode DnsSource}: what answers queries; {@linkcode Outcome}: an answer.
 * - {@linkcode resolverOver}: the resolver of a host that asks it.
 *
 * @module
 */
export { type GivenSurroundings, resolverOver } from "./_given_resolver.ts";
export type { Turn } from "./_sockets.ts";
export type { DnsSource, Outcome, SourceData, Status } from "./_source.ts";
