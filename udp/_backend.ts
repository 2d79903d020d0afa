import { lackReason } from "../internal/backends/mod.ts";
import { checkChoice } from "../internal/check/mod.ts";
import { mayChoosePosix } from "../internal/libc/mod.ts";
import { socketError } from "../errors/mod.ts";
import { ABILITIES, BACKENDS } from "./_abilities.ts";
import { bindDeno, hasDenoDatagrams } from "./_deno_transport.ts";
import { hasDualStack, type Os } from "./_systems.ts";
import type {
  BindTarget,
  DatagramTransport,
  UdpBackend,
} from "./_transport.ts";

/**
 * Whether this is a Worker. One that is terminated closes what the runtime opened,
 * but not what libc did: its ports would stay bound as long as the program lives.
 */
const IS_WORKER = "WorkerGlobalScope" in globalThis;

/** How to have a backend. */
interface Access {
  /** Whether it may carry the sockets of callers that did not ask for it. */
  isChoosable(): boolean | Promise<boolean>;
  /** Whether it can be asked for; it may still refuse to bind. */
  isThere(): boolean;
  /** Loads it, if it takes long to load, and binds. */
  bind(target: BindTarget): Promise<DatagramTransport>;
}

const ACCESS: Readonly<Record<UdpBackend, Access>> = {
  posix: {
    isChoosable: () => !IS_WORKER && mayChoosePosix(),
    isThere: () => true,
    bind: async (target) =>
      (await import("./_posix_transport.ts")).bindPosix(target),
  },
  deno: {
    isChoosable: hasDenoDatagrams,
    isThere: hasDenoDatagrams,
    bind: bindDeno,
  },
  node: {
    isChoosable: () => true,
    isThere: () => true,
    bind: async (target) =>
      (await import("./_node_transport.ts")).bindNode(target),
  },
};

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
  const isDivided = hostname === "::" && !isOneFamily && !hasDualStack(os);
  const hasFamilies = (name: UdpBackend) =>
    !isDivided || ABILITIES[name].hasBothFamilies;
  if (backend === undefined) {
    for (const name of BACKENDS) {
      const hasTtl = ttl === undefined ||
        (ABILITIES[name].lacks.ttl?.length ?? 0) < 2;
      const hasAll = hasTtl && hasFamilies(name);
      if (hasAll && await ACCESS[name].isChoosable()) return name;
    }
  }
  checkChoice("backend", backend, BACKENDS);
  const chosen = backend ?? "node";
  if (!ACCESS[chosen].isThere()) {
    throw socketError("ENOTSUP", {
      action: "bind",
      syscall: "socket",
      reason: lackReason("unstableNet", { backend: chosen }),
    });
  }
  if (!hasFamilies(chosen)) {
    throw socketError("ENOTSUP", {
      action: "bind to ::",
      syscall: "setsockopt",
      reason: lackReason("bothFamilies", { backend: chosen, os }),
    });
  }
  return chosen;
}

/** Binds over a backend. */
export function bindOn(
  backend: UdpBackend,
  target: BindTarget,
): Promise<DatagramTransport> {
  return ACCESS[backend].bind(target);
}
