import { lackReason } from "../internal/backends/mod.ts";
import { checkChoice } from "../internal/check/mod.ts";
import { mayChoosePosix } from "../internal/libc/mod.ts";
import { hasUnstableNet, SYSTEM } from "../internal/runtime/mod.ts";
import { socketError } from "../errors/mod.ts";
import { ABILITIES, BACKENDS, has } from "./_abilities.ts";
import { bindDeno } from "./_deno_transport.ts";
import { hasDualStack, type Os } from "./_systems.ts";
import type { UdpBackend, UdpBind } from "./_transport.ts";
import type { BindUdpOptions } from "./bind_options.ts";

/**
 * Whether this is a Worker. One that is terminated closes what the runtime opened,
 * but not what libc did: its ports would stay bound as long as the program lives.
 */
const IS_WORKER = "WorkerGlobalScope" in globalThis;

/** Whether a backend may carry the sockets of callers that did not ask for it. */
const MAY_CHOOSE: Record<UdpBackend, () => boolean | Promise<boolean>> = {
  posix: () => !IS_WORKER && mayChoosePosix(),
  deno: hasUnstableNet,
  node: () => true,
};

/** Binds over a backend; loads it first, if it takes long to load. */
export const BIND: Record<UdpBackend, UdpBind> = {
  posix: async (target) =>
    (await import("./_posix_transport.ts")).bindPosix(target),
  deno: bindDeno,
  node: async (target) =>
    (await import("./_node_transport.ts")).bindNode(target),
};

/** What decides which API carries a socket. */
export interface BackendRequest
  extends Pick<BindUdpOptions, "backend" | "ttl" | "hostname"> {
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
  os: Os = SYSTEM,
): Promise<UdpBackend> {
  checkChoice("backend", backend, BACKENDS);
  const isDivided = hostname === "::" && !isOneFamily && !hasDualStack(os);
  const hasFamilies = (name: UdpBackend) =>
    !isDivided || ABILITIES[name].hasBothFamilies;
  if (backend === undefined) {
    const hasTtl = (name: UdpBackend) =>
      ttl === undefined || has(ABILITIES[name], "ttl", 4) ||
      has(ABILITIES[name], "ttl", 6);
    for (const name of BACKENDS) {
      const hasAll = hasTtl(name) && hasFamilies(name);
      if (hasAll && await MAY_CHOOSE[name]()) return name;
    }
  }
  const chosen = backend ?? "node";
  if (hasFamilies(chosen)) return chosen;
  throw socketError("ENOTSUP", {
    action: "bind to ::",
    syscall: "setsockopt",
    reason: lackReason("bothFamilies", { backend: chosen, os }),
  });
}
