/**
 * Socket tests run on both families, and may use the network and nothing else.
 *
 * @module
 */

/** A loopback to test on. */
export interface Family {
  /** How the family reads in a test's name. */
  readonly name: "IPv4" | "IPv6";
  /** The family's number, as in `AF_INET` and `AF_INET6`. */
  readonly family: 4 | 6;
  /** The loopback address. */
  readonly loopback: string;
  /** The unspecified address. */
  readonly any: string;
}

/** Both families. */
export const FAMILIES: readonly Family[] = [
  { name: "IPv4", family: 4, loopback: "127.0.0.1", any: "0.0.0.0" },
  { name: "IPv6", family: 6, loopback: "::1", any: "::" },
];

/** Registers a test for each family, with `--allow-net` alone unless it says more. */
export function eachFamily(
  name: string,
  body: (family: Family) => void | Promise<void>,
  more: Deno.PermissionOptionsObject = {},
): void {
  for (const family of FAMILIES) {
    Deno.test({
      name: `${name} (${family.name})`,
      permissions: { net: true, ...more },
      fn: () => body(family),
    });
  }
}
