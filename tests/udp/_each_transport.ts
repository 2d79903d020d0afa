/**
 * Tests of the endpoint classes run on each datagram transport and each family.
 * `Deno.listenDatagram` needs `--unstable-net`, so the suite runs a second time,
 * for the "deno" backend only.
 *
 * @module
 */
import * as here from "@berkeley/sockets";
import type { Sockets } from "@berkeley/sockets";
import type {
  BindUdpOptions,
  ConnectedUdpSocket,
  ConnectUdpOptions,
  UdpBackend,
  UdpCarrier,
  UdpSocket,
} from "@berkeley/sockets/udp";
import { HAS_POSIX } from "../_posix.ts";
import { eachFamily, FAMILIES, type Family } from "../_each_family.ts";
import { IS_DENO } from "../_runtime.ts";
import { onSimulatedHost, type RealNeed } from "../_simulated.ts";

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
  backend: UdpCarrier;
  /** The functions of the host: of this one, or of a simulated one. */
  host: Sockets;
  /** The option `backend` of these functions. */
  chosen: UdpBackend | undefined;
  /** Binds on loopback. */
  bind(options?: BindUdpOptions): Promise<UdpSocket>;
  /** Connects. */
  connect(
    addr: Deno.NetAddr,
    options?: Partial<ConnectUdpOptions>,
  ): Promise<ConnectedUdpSocket>;
}

/** Whether the kernel connects sockets, or a model of it. */
export function isConnecting(backend: UdpCarrier): boolean {
  return backend === "posix" || backend === "simulated";
}

/** Whether the library queues what nobody has received, or a model of it does. */
export function isQueueing(backend: UdpCarrier): boolean {
  return backend === "node" || backend === "simulated";
}

/** What a test of a transport may use, and whatever else it says. */
export function permissionsFor(
  backend: UdpBackend,
  more: Deno.PermissionOptionsObject = {},
): Deno.PermissionOptionsObject {
  return { net: true, ffi: backend === "posix", ...more };
}

/**
 * Registers a test for each transport and family, with `--allow-net` alone, and for a
 * simulated network with no permission. What the test `needs` of the real world keeps it
 * out of that.
 */
export function eachTransport(
  name: string,
  body: (setup: Setup) => Promise<void>,
  needs?: RealNeed,
): void {
  // In the second run, the tests of a simulated network would be the same.
  if (needs === undefined && IS_DENO && !HAS_FLAG) eachSimulated(name, body);
  for (const backend of BACKENDS) eachFamilyOver(backend, name, body);
}

/** Registers a test for each transport that is really connected. */
export function eachConnecting(
  name: string,
  body: (setup: Setup) => Promise<void>,
): void {
  if (IS_DENO && !HAS_FLAG) eachSimulated(name, body);
  eachPosix(name, body);
}

/** Registers a test for each family over libc, where there is libc. */
export function eachPosix(
  name: string,
  body: (setup: Setup) => Promise<void>,
): void {
  if (TESTS_POSIX) eachFamilyOver("posix", name, body);
}

/** Registers a test for each family in a simulated network. */
function eachSimulated(
  name: string,
  body: (setup: Setup) => Promise<void>,
): void {
  for (const family of FAMILIES) {
    Deno.test({
      name: `${name}, over simulated (${family.name})`,
      permissions: "none",
      fn: () =>
        onSimulatedHost((host) =>
          body(setupOf({ host, backend: "simulated" }, family))
        ),
    });
  }
}

function eachFamilyOver(
  backend: UdpBackend,
  name: string,
  body: (setup: Setup) => Promise<void>,
): void {
  eachFamily(
    `${name}, over ${backend}`,
    (family) => body(setupOf({ host: here, backend, chosen: backend }, family)),
    backend === "posix" ? { ffi: true } : {},
  );
}

function setupOf(
  { host, backend, chosen }: {
    readonly host: Sockets;
    readonly backend: UdpCarrier;
    readonly chosen?: UdpBackend;
  },
  family: Family,
): Setup {
  const where = { hostname: family.loopback, backend: chosen };
  return {
    ...family,
    backend,
    host,
    chosen,
    bind: (options = {}) => host.bindUdp({ ...where, ...options }),
    connect: (addr, options = {}) =>
      host.connectUdp({ ...addr, backend: chosen, ...options }),
  };
}

/** The bytes of a text. */
export function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** The text of bytes. */
export function text(data: Uint8Array): string {
  return new TextDecoder().decode(data);
}
