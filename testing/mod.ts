/**
 * Helpers for the tests of programs that use this package. Nothing else imports this
 * module, and `@berkeley/sockets` does not export it.
 *
 * - {@linkcode simulate}: runs a test in a simulated network, in virtual time, from a
 *   seed: {@linkcode Network}, {@linkcode Host}, {@linkcode NetworkDns},
 *   {@linkcode Trace}.
 * - {@linkcode explore}: runs it with many seeds, and finds the faults that matter.
 * - {@linkcode connPair}: two connected ends in memory, with faults on demand.
 * - {@linkcode listenerInMemory}: a listener in memory, to test servers.
 * - {@linkcode withFaults}: a bad network for a connection of any kind.
 * - {@linkcode datagramPair}: two connected UDP sockets in memory, with loss on demand.
 * - {@linkcode verifyFraming}: whether a framing keeps its rules.
 * - {@linkcode makeCertificate}: certificates for TLS, of an authority that exists in
 *   the test only.
 *
 * @example A certificate for localhost
 * ```ts
 * import { makeCertificate } from "@berkeley/sockets/testing";
 * import { assertMatch } from "@std/assert";
 *
 * const { cert, key } = await makeCertificate();
 * assertMatch(cert, /^-----BEGIN CERTIFICATE-----\n/);
 * assertMatch(key, /^-----BEGIN PRIVATE KEY-----\n/);
 * ```
 *
 * @module
 */
export type { Addr, NetAddr, UnixAddr, VsockAddr } from "../address/mod.ts";
export type * from "../resolve/mod.ts";
export type { Sockets } from "../sockets.ts";
export type * from "../tcp/mod.ts";
export type * from "../tls/mod.ts";
export type * from "../udp/mod.ts";
export type * from "../unix/mod.ts";
export type { WaitOptions } from "../internal/wait/mod.ts";
export type { CertificateOptions } from "./_certificate_options.ts";
export * from "./certificate.ts";
export * from "./conn_pair.ts";
export type { ConnPairOptions } from "./conn_pair_options.ts";
export type { DirectionOptions } from "./direction_options.ts";
export type { DnsFailure, DnsRecords } from "./dns_records.ts";
export type { DatagramChoice, DatagramFaults } from "./datagram_faults.ts";
export * from "./datagram_pair.ts";
export * from "./explore.ts";
export { ExploreError } from "./explore_error.ts";
export * from "./framing_fault.ts";
export type { Host, HostOptions, HostProgram } from "./host.ts";
export type { LinkOptions } from "./link_options.ts";
export * from "./listener_in_memory.ts";
export * from "./network.ts";
export * from "./network_dns.ts";
export type { SeededRandom } from "./seeded_random.ts";
export * from "./simulate.ts";
export type { SimulateOptions } from "./simulate_options.ts";
export type { StreamFaults } from "./stream_faults.ts";
export * from "./trace.ts";
export type { TraceEvent, TraceKind } from "./trace_event.ts";
export * from "./verify_framing.ts";
export * from "./with_faults.ts";
