import type { AddressFinder } from "../resolve/mod.ts";
import { ABILITIES } from "./_abilities.ts";
import { type BackendRequest, BIND, chooseBackend } from "./_backend.ts";
import type { UdpAbilities, UdpBind, UdpCarrier } from "./_transport.ts";

/** What carries sockets. */
export interface Carrier {
  /** How sockets and errors name it. */
  readonly name: UdpCarrier;
  /** What it can do. */
  readonly can: UdpAbilities;
  /** Binds a socket. */
  readonly bind: UdpBind;
}

/** The UDP of one host: of this one, or of one in a simulated network. */
export interface UdpNetwork {
  /** Looks up names for callers without a resolver; undefined for the shared one. */
  readonly resolver?: AddressFinder;
  /**
   * Chooses what carries a socket.
   *
   * @throws {NotSupportedError} If the one that the caller chose lacks something.
   */
  choose(request: BackendRequest): Promise<Carrier>;
}

/** The UDP of this host. */
export const HERE: UdpNetwork = {
  async choose(request) {
    const name = await chooseBackend(request);
    return { name, can: ABILITIES[name], bind: BIND[name] };
  },
};
