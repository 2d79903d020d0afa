import type { MulticastGroup } from "./_transport.ts";

function key({ address, interface: via, source }: MulticastGroup): string {
  return `${address} ${via ?? ""} ${source ?? ""}`;
}

/** The groups that a socket has joined, and what it takes to leave each. */
export class Memberships<T> {
  readonly #members = new Map<string, T>();

  /** Notes what was joined. */
  add(group: MulticastGroup, member: T): void {
    this.#members.set(key(group), member);
  }

  /** Refuses what was joined already, as the system does. */
  requireNone(group: MulticastGroup): void {
    if (!this.#members.has(key(group))) return;
    throw new Deno.errors.AddrInUse("already a member of the group");
  }

  /** Takes out what was joined with the same options. */
  take(group: MulticastGroup): T {
    const member = this.#members.get(key(group));
    if (member === undefined) {
      throw new Deno.errors.AddrNotAvailable("not a member of the group");
    }
    this.#members.delete(key(group));
    return member;
  }
}
