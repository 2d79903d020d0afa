/**
 * Proves that types of our own are those of Deno where they have the same shape, and
 * that our classes pass where Deno's do, though our declarations do not name them. The
 * type-checker does the work; the test only keeps the proofs in use.
 *
 * @module
 */
import type {
  Addr,
  DenoConn,
  DenoTcpConn,
  NetAddr,
  SocketError,
  StreamConn,
  StreamListener,
  TcpConn,
  TcpListener,
  TlsConn,
  TlsListener,
  UnixAddr,
  UnixConn,
  UnixListener,
} from "@berkeley/sockets";
import type { SystemName } from "../../internal/runtime/mod.ts";
import { assertEquals } from "@std/assert";

/** Each type is assignable to the other one. */
type Same<A extends B, B extends C, C = A> = true;

const SAME: [
  Same<NetAddr, Deno.NetAddr>,
  Same<UnixAddr, Deno.UnixAddr>,
  Same<Addr, Deno.Addr>,
  Same<DenoConn, Deno.Conn>,
  Same<DenoConn<UnixAddr>, Deno.UnixConn>,
  Same<DenoTcpConn, Deno.TcpConn>,
  Same<SystemName, typeof Deno.build.os>,
] = [true, true, true, true, true, true, true];

/** The first type is assignable to the second one. */
type Is<A extends B, B> = [A, B] extends [B, B] ? true : never;

const PASSES: [
  Is<StreamConn, Deno.Conn>,
  Is<TcpConn, Deno.TcpConn>,
  Is<TlsConn, Deno.TlsConn>,
  Is<UnixConn, Deno.UnixConn>,
  Is<StreamListener, Deno.Listener>,
  Is<TcpListener, Deno.TcpListener>,
  Is<TlsListener, Deno.TlsListener>,
  Is<UnixListener, Deno.UnixListener>,
  Is<SocketError, Deno.errors.ConnectionRefused>,
  Is<SocketError, Deno.errors.InvalidData>,
] = [true, true, true, true, true, true, true, true, true, true];

Deno.test("types of ours with the shape of one of Deno are the same as it", () => {
  assertEquals(SAME.every(Boolean), true);
});

Deno.test("connections, listeners and errors pass where those of Deno do", () => {
  assertEquals(PASSES.every(Boolean), true);
});
