/**
 * Tests of the endpoint classes run on each datagram transport and each family.
 * `Deno.listenDatagram` needs `--unstable-net`, so the suite runs a second time,
 * for the "deno" backend only.
 *
 * @module
 */
import {
  bindUdp,
  type BindUdpOptions,
  type ConnectedUdpSocket,
  connectUdp,
  type ConnectUdpOptions,
  type UdpBackend,
  type UdpSocket,
} from "@berkeley/sockets/udp";
import { HAS_POSIX } from "../_posix.ts";
import { eachFamily, type Family } from "../_each_family.ts";

const HAS_FLAG = "listenDatagram" in Deno;
/** Whether to test libc: where there is libc, and in the first run. */
const TESTS_POSIX = HAS_POSIX && !HAS_FLAG;

/** The transports to test in this run: with the flag, only the one that needs it. */
export const BACKENDS: readonly UdpBackend[] = HAS_FLAG
  ? ["deno"]
  : ["node", ...(TESTS_POSIX ? ["posix" as const] : [])];

/** A transport on a family, and shortcuts to use it. */
export interface Setup extends Family {
  /** The transport. */
  backend: UdpBackend;
  /** Binds on loopback. */
  bind(options?: BindUdpOptions): Promise<UdpSocket>;
  /** Connects. */
  connect(
    addr: Deno.NetAddr,
    options?: Partial<ConnectUdpOptions>,
  ): Promise<ConnectedUdpSocket>;
}

/** What a test of a transport may use, and whatever else it says. */
export function permissionsFor(
  backend: UdpBackend,
  more: Deno.PermissionOptionsObject = {},
): Deno.PermissionOptionsObject {
  return { net: true, ffi: backend === "posix", ...more };
}

/** Registers a test for each transport and family, with `--allow-net` alone. */
export function eachTransport(
  name: string,
  body: (setup: Setup) => Promise<void>,
): void {
  for (const backend of BACKENDS) eachFamilyOver(backend, name, body);
}

/** Registers a test for each family over libc, where there is libc. */
export function eachPosix(
  name: string,
  body: (setup: Setup) => Promise<void>,
): void {
  if (TESTS_POSIX) eachFamilyOver("posix", name, body);
}

function eachFamilyOver(
  backend: UdpBackend,
  name: string,
  body: (setup: Setup) => Promise<void>,
): void {
  eachFamily(`${name}, over ${backend}`, (family) => {
    const setup: Setup = {
      ...family,
      backend,
      bind: (options = {}) =>
        bindUdp({ hostname: family.loopback, backend, ...options }),
      connect: (addr, options = {}) =>
        connectUdp({ ...addr, backend, ...options }),
    };
    return body(setup);
  }, backend === "posix" ? { ffi: true } : {});
}

/** The bytes of a text. */
export function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** The text of bytes. */
export function text(data: Uint8Array): string {
  return new TextDecoder().decode(data);
}
