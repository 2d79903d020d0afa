import { gaiStrerror } from "./eai.ts";

/** What is known about a look-up that failed. */
export interface AddrInfoErrorInit {
  /** The name or address that was looked up. */
  hostname?: string | undefined;
  /** The service that was looked up. */
  service?: string | undefined;
  /** What stands in the message instead of the usual text of the code. */
  reason?: string | undefined;
  /** The error of the runtime that this one was made from. */
  cause?: unknown;
}

function subject({ hostname, service }: AddrInfoErrorInit): string {
  if (hostname === undefined) {
    return service === undefined ? "an address" : `service "${service}"`;
  }
  return service === undefined
    ? `"${hostname}"`
    : `"${hostname}" with service "${service}"`;
}

/**
 * A name or a service could not be resolved, in the terms of `getaddrinfo`.
 *
 * The code tells what to do: `EAI_NONAME` is final, `EAI_AGAIN` may pass later,
 * `EAI_SERVICE` and `EAI_BADFLAGS` are about how it was asked.
 *
 * @example What it says
 * ```ts
 * import { AddrInfoError } from "@berkeley/sockets/errors";
 * import { assertEquals } from "@std/assert";
 *
 * const error = new AddrInfoError("EAI_NONAME", { hostname: "nowhere.invalid" });
 * assertEquals(
 *   error.message,
 *   'Cannot look up "nowhere.invalid": name or service not known (EAI_NONAME)',
 * );
 * ```
 */
export class AddrInfoError extends Error {
  /** The name of the class. */
  override name: string = "AddrInfoError";
  /** The symbolic code of `netdb.h`, such as `"EAI_NONAME"`. */
  readonly code: string;
  /** The name or address that was looked up, where there was one. */
  declare readonly hostname?: string;
  /** The service that was looked up, where there was one. */
  declare readonly service?: string;

  /** Makes an error of this code. */
  constructor(code: string, init: AddrInfoErrorInit = {}) {
    super(
      `Cannot look up ${subject(init)}: ${
        init.reason ?? gaiStrerror(code)
      } (${code})`,
      "cause" in init ? { cause: init.cause } : undefined,
    );
    this.code = code;
    if (init.hostname !== undefined) this.hostname = init.hostname;
    if (init.service !== undefined) this.service = init.service;
  }
}
