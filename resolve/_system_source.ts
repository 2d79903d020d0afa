/**
 * libc's getaddrinfo and getnameinfo, by `node:dns`.
 */
import { AF_INET, type IpAddress, parseIpAddress } from "../address/mod.ts";
import { AddrInfoError, toSocketError } from "../errors/mod.ts";
import { waitFor, type WaitOptions } from "../internal/wait/mod.ts";
import type { HostAnswer, Names } from "./_addresses.ts";
import { type Flight, startFlight } from "./_flights.ts";
import { Refusal } from "./_plan.ts";

/** Look-ups by libc; those of one name at the same time are one. */
export class SystemSource {
  readonly #flights = new Map<string, Flight<HostAnswer | Refusal>>();

  /** The addresses of a name, of one family alone for `AF_INET`, in libc's order. */
  lookup(
    name: string,
    family: number,
    wait: WaitOptions | undefined,
    timeoutError: () => Error,
  ): Promise<HostAnswer | Refusal> {
    if (wait?.timeout === 0) return Promise.reject(timeoutError());
    const only = family === AF_INET ? 4 : 0;
    const key = `${only} ${name}`;
    let flight = this.#flights.get(key);
    if (flight === undefined) {
      flight = startFlight(
        () => ask(name, only),
        () => this.#flights.delete(key),
      );
      this.#flights.set(key, flight);
    }
    // libc cannot be interrupted: who gives up leaves it to end by itself.
    return waitFor(flight.work, wait, timeoutError);
  }

  /** The names of an address; undefined where it has none. */
  names(
    address: IpAddress,
    wait: WaitOptions | undefined,
    timeoutError: () => Error,
  ): Promise<Names | Refusal | undefined> {
    if (wait?.timeout === 0) return Promise.reject(timeoutError());
    return waitFor(askName(address), wait, timeoutError);
  }
}

/** Loaded when needed: a program that names no host by libc starts faster. */
const loadDns = () => import("node:dns/promises");

async function ask(name: string, family: 0 | 4): Promise<HostAnswer | Refusal> {
  try {
    const { lookup } = await loadDns();
    const found = await lookup(name, { all: true, family, verbatim: true });
    const addresses: IpAddress[] = found.map(({ address }) =>
      parseIpAddress(address)
    );
    return { addresses, canonical: name };
  } catch (error) {
    const own = toSocketError(error, {
      action: `look up ${name}`,
      syscall: "getaddrinfo",
    });
    if (own instanceof AddrInfoError) {
      return new Refusal(own.code, undefined, error);
    }
    throw own;
  }
}

async function askName(ip: IpAddress): Promise<Names | Refusal | undefined> {
  const address = ip.toString();
  try {
    const { lookupService } = await loadDns();
    const { hostname } = await lookupService(address, 0);
    return hostname === address ? undefined : { name: hostname, aliases: [] };
  } catch (error) {
    const own = toSocketError(error, {
      action: `look up ${address}`,
      syscall: "getnameinfo",
    });
    if (!(own instanceof AddrInfoError)) throw own;
    return own.code === "EAI_NONAME"
      ? undefined
      : new Refusal(own.code, undefined, error);
  }
}
