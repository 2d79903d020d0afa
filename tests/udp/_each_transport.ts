/**
 * Tests of the endpoint classes run on each datagram transport and each family.
 * `Deno.listenDatagram` is there only with `--unstable-net`, so the suite runs
 * twice.
 *
 * @module
 */
import {
  bindUdp,
  type BindUdpOptions,
  type ConnectedUdpSocket,
  connectUdp,
  type ConnectUdpOptions,
  type UdpSocket,
} from "@berkeley/sockets/udp";
import { eachFamily, type Family } from "../_each_family.ts";

/** The transports that the runtime has, as it was started. */
export const BACKENDS: readonly ("deno" | "node")[] = "listenDatagram" in Deno
  ? ["deno", "node"]
  : ["node"];

/** A transport on a family, and shortcuts to use it. */
export interface Setup extends Family {
  /** The transport. */
  backend: "deno" | "node";
  /** Binds on loopback. */
  bind(options?: BindUdpOptions): Promise<UdpSocket>;
  /** Connects. */
  connect(
    addr: Deno.NetAddr,
    options?: Partial<ConnectUdpOptions>,
  ): Promise<ConnectedUdpSocket>;
}

/** Registers a test for each transport and family, with `--allow-net` alone. */
export function eachTransport(
  name: string,
  body: (setup: Setup) => Promise<void>,
): void {
  for (const backend of BACKENDS) {
    eachFamily(`${name}, over ${backend}`, (family) =>
      body({
        ...family,
        backend,
        bind: (options = {}) =>
          bindUdp({ hostname: family.loopback, backend, ...options }),
        connect: (addr, options = {}) =>
          connectUdp({ ...addr, backend, ...options }),
      }));
  }
}

/** The bytes of a text. */
export function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** The text of bytes. */
export function text(data: Uint8Array): string {
  return new TextDecoder().decode(data);
}
