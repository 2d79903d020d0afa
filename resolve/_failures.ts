/**
 * The errors of look-ups, made in one place.
 */
import { AddrInfoError, socketError } from "../errors/mod.ts";
import type { Refusal } from "./_plan.ts";

/** The error of a request that cannot be met. */
export function refused(
  refusal: Refusal,
  node: string | null,
  service: string | number | null = null,
): AddrInfoError {
  const { code, reason, cause } = refusal;
  return new AddrInfoError(code, {
    hostname: node ?? undefined,
    service: service === null ? undefined : String(service),
    ...(reason === undefined ? {} : { reason }),
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The error of a wait that took too long. */
export function timedOut(subject: string): Error {
  return socketError("ETIMEDOUT", {
    action: `look up ${subject}`,
    syscall: "getaddrinfo",
  });
}
