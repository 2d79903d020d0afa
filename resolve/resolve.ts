import type { WaitOptions } from "../internal/wait/mod.ts";
import { defaultResolver } from "./_default_resolver.ts";
import type { ServiceQuery } from "./name_info.ts";
import type { RecordData, RecordType, SrvRecord } from "./records.ts";

/**
 * Asks the DNS for the records of a type. The name is taken in full: no search
 * domain is tried and no hosts file read.
 *
 * @throws {AddrInfoError} With an EAI_* code when there are no such records.
 * @throws {TypeError} When the type is not one of those of `RecordType`.
 *
 * @example What may not be is refused without a query
 * ```ts
 * import { resolve } from "@berkeley/sockets/resolve";
 * import { AddrInfoError } from "@berkeley/sockets/errors";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const error = await assertRejects(() => resolve("mail.invalid", "MX"), AddrInfoError);
 * assertEquals(error.code, "EAI_NONAME");
 * ```
 */
export function resolve<T extends RecordType>(
  name: string,
  type: T,
  options: WaitOptions = {},
): Promise<RecordData[T][]> {
  return defaultResolver().resolve(name, type, options);
}

/**
 * Finds where a domain offers a service, by its SRV records, in the order in
 * which to try them: RFC 2782. Each call draws anew among equal priorities.
 *
 * @throws {AddrInfoError} `EAI_SERVICE` when the domain says that it does not offer the service, else as `resolve` does.
 *
 * @example Where there is no such domain
 * ```ts
 * import { lookupService } from "@berkeley/sockets/resolve";
 * import { AddrInfoError } from "@berkeley/sockets/errors";
 * import { assertRejects } from "@std/assert";
 *
 * await assertRejects(
 *   () => lookupService({ service: "imaps", domain: "mail.invalid" }),
 *   AddrInfoError,
 * );
 * ```
 */
export function lookupService(
  query: ServiceQuery,
  options: WaitOptions = {},
): Promise<SrvRecord[]> {
  return defaultResolver().lookupService(query, options);
}
