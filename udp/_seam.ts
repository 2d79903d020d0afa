/**
 * UDP over another network than this host's, for the simulated network of `testing/`.
 * Nothing else may import it.
 *
 * - {@linkcode UdpBind}, {@linkcode DatagramTransport}: what such a network implements;
 *   its abilities are {@linkcode SIMULATED}.
 * - {@linkcode simulatedUdp}: the UDP of a host that binds so.
 * - {@linkcode bindOver}, {@linkcode connectOver}: the functions of the module, over it.
 * - {@linkcode UdpCore}, {@linkcode DatagramQueue}, {@linkcode checkLimits}: to make a
 *   socket of a transport.
 *
 * @module
 */
export { UdpCore } from "./_core.ts";
export { DatagramQueue } from "./_datagram_queue.ts";
export type { UdpNetwork } from "./_network.ts";
export { SIMULATED, simulatedUdp } from "./_simulated_network.ts";
export type {
  BindTarget,
  DatagramSink,
  DatagramTransport,
  DropPolicy,
  Member,
  MulticastGroup,
  OutgoingDatagram,
  RawDatagram,
  SettingValues,
  UdpAbilities,
  UdpBind,
} from "./_transport.ts";
export { bindOver, checkLimits } from "./bind.ts";
export { connectOver } from "./connect.ts";
