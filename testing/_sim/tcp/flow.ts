import type { IcmpPacket, TcpPacket } from "../types.ts";
import type { Ends } from "./segment.ts";

/** What takes the segments between two ends: a connection, or what is left of one. */
export interface Flow extends Ends {
  receive(packet: TcpPacket): void;
  /** A packet of this host could not be delivered. */
  onUnreachable(kind: IcmpPacket["kind"]): void;
}

/** All flows of a host, by their four numbers. */
export class FlowTable {
  readonly #flows = new Map<number, Flow[]>();

  /** Returns the flow with these ends, if there is one. */
  find(
    localAddress: string,
    localPort: number,
    remoteAddress: string,
    remotePort: number,
  ): Flow | undefined {
    const flows = this.#flows.get(localPort * 65536 + remotePort);
    if (flows === undefined) return undefined;
    for (const flow of flows) {
      if (
        flow.remoteAddress === remoteAddress &&
        flow.localAddress === localAddress
      ) return flow;
    }
    return undefined;
  }

  /** Whether there is a flow with these ends. */
  has(ends: Ends): boolean {
    const { localAddress, localPort, remoteAddress, remotePort } = ends;
    return this.find(localAddress, localPort, remoteAddress, remotePort) !==
      undefined;
  }

  add(flow: Flow): void {
    const key = flow.localPort * 65536 + flow.remotePort;
    const flows = this.#flows.get(key);
    if (flows === undefined) this.#flows.set(key, [flow]);
    else flows.push(flow);
  }

  delete(flow: Flow): void {
    const key = flow.localPort * 65536 + flow.remotePort;
    const flows = this.#flows.get(key);
    const at = flows?.indexOf(flow) ?? -1;
    if (at === -1) return;
    flows!.splice(at, 1);
    if (flows!.length === 0) this.#flows.delete(key);
  }

  *[Symbol.iterator](): IterableIterator<Flow> {
    for (const flows of [...this.#flows.values()]) yield* [...flows];
  }
}
