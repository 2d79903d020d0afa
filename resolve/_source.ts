/**
 * The seam below the resolver: where records come from.
 */
import type { IpAddress } from "../address/mod.ts";
import type { Turn } from "./_sockets.ts";
import type { RecordData, RecordType } from "./records.ts";

/** What records hold below the public surface: addresses are parsed but once. */
export interface SourceData extends Omit<RecordData, "A" | "AAAA"> {
  /** An IPv4 address. */
  A: IpAddress;
  /** An IPv6 address. */
  AAAA: IpAddress;
}

/**
 * How a query ended: records, a name without records of that type, no such
 * name, a failure that may pass, or one that will not.
 */
export type Status = "found" | "nodata" | "noname" | "again" | "fail";

/** The end of one query. Failures are values, so that they can be cached and weighed. */
export interface Outcome<T extends RecordType = RecordType> {
  /** How the query ended. */
  readonly status: Status;
  /** The records, in the server's order; none unless `status` is `"found"`. */
  readonly records: readonly SourceData[T][];
  /** The name at the end of the CNAME chain, where it is known. */
  readonly canonical?: string | undefined;
  /** The names before it in that chain, the one that was asked for first. */
  readonly aliases?: readonly string[] | undefined;
  /** How long the outcome holds, in milliseconds, where the source says so. */
  readonly ttl?: number | undefined;
  /** Whether a server answered, if only to say that it cannot. */
  readonly answered?: boolean;
  /** The error behind a failure. */
  readonly cause?: unknown;
}

/** A way to ask the DNS. */
export interface DnsSource {
  /** Whether names are taken as they are, so that search domains are up to the caller. */
  readonly absolute: boolean;
  /**
   * Whether a query ends when its signal aborts. Otherwise only one that waits for a
   * socket ends then; any other goes on, for later callers to join.
   */
  readonly cancellable: boolean;
  /**
   * Asks for the records of a type. Rejects with the signal's reason, or where a
   * permission is missing. `turn` tells whether it
   * waits for a socket.
   */
  query(
    name: string,
    type: RecordType,
    signal: AbortSignal,
    turn: Turn,
  ): Promise<Outcome>;
}

/** No answer holds more records than this, whatever a server sends. */
export const MAX_RECORDS = 1024;
