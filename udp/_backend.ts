import { showValue } from "../internal/check/mod.ts";
import { socketError } from "../errors/mod.ts";
import { mayChoosePosix } from "../internal/libc/mod.ts";
import { hasDenoDatagrams } from "./_deno_transport.ts";
import { hasDualStack, type Os } from "./_systems.ts";
import type { UdpBackend } from "./_transport.ts";
import { unsupported } from "./_unsupported.ts";

const BACKENDS: readonly UdpBackend[] = ["posix", "deno", "node"];

/**
 * Whether this is a Worker. One that is terminated closes what the runtime opened,
 * but not what libc did: its ports would stay bound as long as the program lives.
 */
const IS_WORKER = "WorkerGlobalScope" in globalThis;

/** What decides which API carries a socket. */
export interface BackendRequest {
  readonly backend?: UdpBackend | undefined;
  readonly ttl?: number | undefined;
  readonly hostname?: string | undefined;
  /** Whether a socket on `::` is for peers of one family; false by default. */
  readonly isOneFamily?: boolean | undefined;
}

/**
 * Chooses the API: the fastest that has what is asked for, or the one asked for.
 *
 * @throws {NotSupportedError} If that one lacks something.
 */
export async function chooseBackend(
  { backend, ttl, hostname, isOneFamily }: BackendRequest,
  os: Os = Deno.build.os,
): Promise<UdpBackend> {
  // Over "node" there is a socket for each family.
  const isDivided = hostname === "::" && !isOneFamily && !hasDualStack(os);
  if (backend === undefined) {
    if (!IS_WORKER && await mayChoosePosix()) return "posix";
    const hasAll = hasDenoDatagrams() && ttl === undefined && !isDivided;
    return hasAll ? "deno" : "node";
  }
  if (!BACKENDS.includes(backend)) {
    throw new TypeError(
      `Cannot use backend ${showValue(backend)}: it must be one of ${
        BACKENDS.map(showValue).join(", ")
      }`,
    );
  }
  if (backend !== "deno") return backend;
  if (!hasDenoDatagrams()) {
    throw socketError("ENOTSUP", {
      action: "bind",
      syscall: "socket",
      reason: 'the "deno" backend needs a program started with --unstable-net',
    });
  }
  if (isDivided) {
    throw socketError("ENOTSUP", {
      action: "bind to ::",
      syscall: "setsockopt",
      reason:
        `the "deno" backend has no sockets for both families on ${os}; bind with backend: "node", or to an address`,
    });
  }
  if (ttl !== undefined) throw noTtl(backend, hostname?.includes(":") ? 6 : 4);
  return backend;
}

/** The error of a TTL that a backend cannot set. */
export function noTtl(backend: UdpBackend, family: 4 | 6): Error {
  return socketError("ENOTSUP", {
    action: "bind",
    syscall: "setsockopt",
    reason: unsupported("ttl", { backend, family, isBinding: true }),
  });
}
