import type { Scheduler } from "../time/scheduler.ts";
import type { Packet } from "../types.ts";

/** As in Linux: so many questions, one each second. */
const ATTEMPTS = 3;
const ATTEMPT_MS = 1000;
/** So many packets wait for the answer; more are lost. */
const MAX_WAITING = 100;

/** How the search for a neighbour ends. */
export interface NeighbourEnds {
  /** Whether a host has the address now. */
  isThere(address: string): boolean;
  /** Sends a packet that waited. */
  send(packet: Packet): void;
  /** The search for the destination of a packet failed; false if that wakes no program. */
  fail(packet: Packet): boolean | void;
}

/**
 * The searches for addresses that no host has: ARP, and neighbour discovery of IPv6.
 * Packets wait until the search has failed.
 */
export class Neighbours {
  readonly #scheduler: Scheduler;
  readonly #ends: NeighbourEnds;
  readonly #waiting = new Map<string, Packet[]>();

  /** Searches for one host. */
  constructor(scheduler: Scheduler, ends: NeighbourEnds) {
    this.#scheduler = scheduler;
    this.#ends = ends;
  }

  /** Makes a packet wait until its destination is found; false if too many wait. */
  wait(packet: Packet): boolean {
    const waiting = this.#waiting.get(packet.to);
    if (waiting === undefined) {
      const packets = [packet];
      this.#waiting.set(packet.to, packets);
      this.#search(packet.to, packets, ATTEMPTS);
      return true;
    }
    if (waiting.length >= MAX_WAITING) return false;
    waiting.push(packet);
    return true;
  }

  /** Forgets all packets, without a report. */
  clear(): void {
    this.#waiting.clear();
  }

  #search(address: string, packets: Packet[], attempts: number): void {
    this.#scheduler.after(ATTEMPT_MS, () => {
      if (this.#waiting.get(address) !== packets) return false;
      if (this.#ends.isThere(address)) {
        this.#waiting.delete(address);
        for (const packet of packets) this.#ends.send(packet);
        return false;
      }
      if (attempts > 1) {
        this.#search(address, packets, attempts - 1);
        return false;
      }
      this.#waiting.delete(address);
      let hasWoken = false;
      for (const packet of packets) {
        if (this.#ends.fail(packet) !== false) hasWoken = true;
      }
      return hasWoken;
    });
  }
}
