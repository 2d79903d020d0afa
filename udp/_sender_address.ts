import { unmapped } from "../internal/hosts/mod.ts";
import type { RawDatagram } from "./_transport.ts";

/** The senders of datagrams: the same object as long as it is the same sender. */
export class SenderAddress {
  #hostname = "";
  #address: Deno.NetAddr = { transport: "udp", hostname: "", port: -1 };

  /** Where a datagram came from. */
  of({ hostname, port }: RawDatagram): Deno.NetAddr {
    if (this.#address.port === port && this.#hostname === hostname) {
      return this.#address;
    }
    this.#hostname = hostname;
    return this.#address = {
      transport: "udp",
      hostname: unmapped(hostname),
      port,
    };
  }
}
