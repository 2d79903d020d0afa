/**
 * From the host and port that a user gives to the addresses of an endpoint, the
 * same for TCP and UDP.
 *
 * Private to the package.
 *
 * - {@linkcode numericAddress}: the address of a host that needs no look-up.
 * - {@linkcode findAddresses}: the addresses of one family, for a race.
 * - {@linkcode findAddress}: one address of the first family that has any.
 * - {@linkcode checkPeer}: refuses what is no host and port of a peer.
 * - {@linkcode unmapped}: an address as users see it.
 *
 * @module
 */
export * from "./find_address.ts";
export * from "./unmapped.ts";
