import type { NetAddr } from "../address/mod.ts";
import { MemoryTransport } from "./_memory_transport.ts";
import { Pipe } from "./_pipe.ts";
import type { ReadPairOptions } from "./conn_pair_options.ts";

/** The transports of two connected ends, and the bytes between them. */
export interface LinkedEnds {
  readonly client: MemoryTransport;
  readonly server: MemoryTransport;
  readonly toServer: Pipe;
  readonly toClient: Pipe;
}

/** Links two ends in memory. */
export function linkEnds(
  { windowSize, toServer, toClient }: ReadPairOptions,
  clientAddr: NetAddr,
  serverAddr: NetAddr,
): LinkedEnds {
  const up = new Pipe(windowSize, toServer);
  const down = new Pipe(windowSize, toClient);
  up.onReset = down.onReset = () => {
    up.reset();
    down.reset();
  };
  const local = { ...clientAddr };
  const remote = { ...serverAddr };
  return {
    client: new MemoryTransport(down, up, local, remote),
    server: new MemoryTransport(up, down, { ...remote }, { ...local }),
    toServer: up,
    toClient: down,
  };
}
