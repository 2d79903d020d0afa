import { socketError } from "../errors/mod.ts";
import { Timers } from "../internal/wait/mod.ts";
import { Receiver } from "./_receiver.ts";
import { Sender } from "./_sender.ts";
import type { BindTarget, DatagramTransport } from "./_transport.ts";

/** What a connected and an unconnected socket hold in common and hand on. */
export interface UdpCore {
  readonly transport: DatagramTransport;
  readonly receiver: Receiver;
  readonly sender: Sender;
  /** The timers of calls that are pending on the socket. */
  readonly timers: Timers;
  /** The family of the socket, whatever the family of its peer. */
  readonly family: 4 | 6;
  broadcast: boolean;
}

/** Makes the core of a socket that was just bound. */
export function newCore(
  transport: DatagramTransport,
  target: BindTarget,
  owner: { failure(error: unknown, syscall: string): Error },
): UdpCore {
  const timers = new Timers();
  return {
    transport,
    receiver: new Receiver(transport, timers, {
      failure: owner.failure,
      timeout: () => socketError("ETIMEDOUT", { action: "receive" }),
      accepts: () => true,
    }),
    sender: new Sender(transport, timers, owner.failure),
    timers,
    family: target.hostname.includes(":") ? 6 : 4,
    broadcast: false,
  };
}
