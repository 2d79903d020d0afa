/**
 * Proves that types of our own are those of Deno where they have the same shape. The
 * type-checker does the work; the test only keeps the proofs in use.
 *
 * @module
 */
import type { Addr, NetAddr, UnixAddr } from "@berkeley/sockets/address";
import type { SocketError } from "@berkeley/sockets/errors";
import { assertEquals } from "@std/assert";

/** Each type is assignable to the other one. */
type Same<A extends B, B extends C, C = A> = true;

/** The first type is assignable to the second one. */
type Is<A extends B, B> = [A, B] extends [B, B] ? true : never;

const PROOFS: [
  Same<NetAddr, Deno.NetAddr>,
  Same<UnixAddr, Deno.UnixAddr>,
  Same<Addr, Deno.Addr>,
  Is<SocketError, Deno.errors.ConnectionRefused>,
  Is<SocketError, Deno.errors.InvalidData>,
] = [true, true, true, true, true];

Deno.test("our types pass where those of Deno of the same shape do", () => {
  assertEquals(PROOFS.every(Boolean), true);
});
