/**
 * Proves that types of our own are those of Deno where they have the same shape. The
 * type-checker does the work; the test only keeps the proofs in use.
 *
 * @module
 */
import type { Addr, NetAddr, UnixAddr } from "@berkeley/sockets/address";
import { assertEquals } from "@std/assert";

/** Each type is assignable to the other one. */
type Same<A extends B, B extends C, C = A> = true;

const PROOFS: [
  Same<NetAddr, Deno.NetAddr>,
  Same<UnixAddr, Deno.UnixAddr>,
  Same<Addr, Deno.Addr>,
] = [true, true, true];

Deno.test("NetAddr, UnixAddr and Addr are those of Deno", () => {
  assertEquals(PROOFS.every(Boolean), true);
});
