/**
 * The DNS by `Deno.resolveDns`: needs nothing but `--allow-net`, knows the
 * system's name servers, and says little: no TTL, and no difference between a
 * name that does not exist and a server that fails.
 */
import { parseIpAddress } from "../address/mod.ts";
import { toSocketError } from "../errors/mod.ts";
import {
  type DnsSource,
  MAX_RECORDS,
  type Outcome,
  type SourceData,
} from "./_source.ts";
import type { Sockets, Turn } from "./_sockets.ts";
import type { RecordType } from "./records.ts";
import type { NameServer } from "./resolver_options.ts";

type RuntimeData =
  | string
  | string[]
  | { exchange: string }
  | { target: string }
  | {
    replacement: string;
  }
  | { mname: string; rname: string };
type Ask = (
  name: string,
  type: RecordType,
  options: Deno.ResolveDnsOptions,
) => Promise<RuntimeData[]>;

/** `Deno.resolveDns`, with the system's name servers or with those given. */
export class DenoSource implements DnsSource {
  readonly absolute: boolean;
  readonly cancellable = false;
  readonly #servers: readonly Deno.ResolveDnsOptions[];
  readonly #sockets: Sockets;

  /** `absolute` says that search domains are tried by the caller, not by the runtime. */
  constructor(
    absolute: boolean,
    nameServers: readonly Required<NameServer>[],
    sockets: Sockets,
  ) {
    this.absolute = absolute;
    this.#sockets = sockets;
    this.#servers = nameServers.length === 0
      ? [{}]
      : nameServers.map(({ hostname, port }) => ({
        nameServer: { ipAddr: hostname, port },
      }));
  }

  // With a signal the runtime cuts its own timeout from 5 s to 1 s, so it gets
  // none: who gives up leaves the query to end by itself.
  query(
    name: string,
    type: RecordType,
    signal: AbortSignal,
    turn: Turn,
  ): Promise<Outcome> {
    const full = this.absolute && !name.endsWith(".") ? `${name}.` : name;
    return this.#sockets.use(
      0,
      signal,
      turn,
      () => this.#ask(full, type),
    );
  }

  async #ask<T extends RecordType>(name: string, type: T): Promise<Outcome<T>> {
    let outcome!: Outcome<T>;
    for (const server of this.#servers) {
      outcome = await askServer(name, type, server);
      if (outcome.status !== "again") break;
    }
    return outcome;
  }
}

async function askServer<T extends RecordType>(
  name: string,
  type: T,
  options: Deno.ResolveDnsOptions,
): Promise<Outcome<T>> {
  try {
    const data = await (Deno.resolveDns as Ask)(name, type, options);
    const records = data.slice(0, MAX_RECORDS).map((item) =>
      undot(type, item) as SourceData[T]
    );
    return {
      status: records.length > 0 ? "found" : "nodata",
      records,
      answered: true,
    };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      return { status: "noname", records: [], answered: true, cause: error };
    }
    if (
      error instanceof Deno.errors.NotCapable ||
      error instanceof Deno.errors.PermissionDenied
    ) {
      throw toSocketError(error, {
        action: `look up ${name}`,
        syscall: "getaddrinfo",
      });
    }
    return { status: "again", records: [], cause: error };
  }
}

/** Takes the final dots off the names in a record. */
function undot(type: RecordType, data: RuntimeData): unknown {
  if (typeof data === "string") {
    return type === "A" || type === "AAAA"
      ? parseIpAddress(data)
      : undotName(data);
  }
  if (Array.isArray(data)) return data.map(utf8);
  if ("exchange" in data) {
    return { ...data, exchange: undotName(data.exchange) };
  }
  if ("target" in data) return { ...data, target: undotName(data.target) };
  if ("replacement" in data) {
    return { ...data, replacement: undotName(data.replacement) };
  }
  if ("mname" in data) {
    return {
      ...data,
      mname: undotName(data.mname),
      rname: undotName(data.rname),
    };
  }
  return data;
}

/** The runtime gives the bytes of a text as characters U+0000 to U+00FF. */
function utf8(text: string): string {
  return decoder.decode(Uint8Array.from(text, (char) => char.charCodeAt(0)));
}

const decoder = new TextDecoder();

function undotName(name: string): string {
  return name.length > 1 && name.endsWith(".") ? name.slice(0, -1) : name;
}
