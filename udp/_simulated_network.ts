import { checkChoice } from "../internal/check/mod.ts";
import type { AddressFinder } from "../resolve/mod.ts";
import { BACKENDS } from "./_abilities.ts";
import type { UdpNetwork } from "./_network.ts";
import type { UdpAbilities, UdpBind } from "./_transport.ts";

/** What sockets of a simulated network can do: everything but options of C. */
export const SIMULATED: UdpAbilities = {
  lacks: {},
  isFair: false,
  setsOptionsFirst: false,
  hasBothFamilies: true,
};

/**
 * Makes the UDP of a simulated host, which carries every socket whatever `backend` the
 * caller chose.
 */
export function simulatedUdp(
  bind: UdpBind,
  resolver: AddressFinder,
): UdpNetwork {
  const carrier = { name: "simulated", can: SIMULATED, bind } as const;
  return {
    resolver,
    // deno-lint-ignore require-await -- it rejects
    async choose({ backend }) {
      checkChoice("backend", backend, BACKENDS);
      return carrier;
    },
  };
}
