import { socketError } from "../errors/mod.ts";
import { Receiver } from "./_receiver.ts";
import { Sender } from "./_sender.ts";
import type { BindTarget, DatagramTransport } from "./_transport.ts";

/** What a connected and an unconnected socket hold in common and hand on. */
export interface UdpCore {
  readonly transport: DatagramTransport;
  readonly receiver: Receiver;
  readonly sender: Sender;
  readonly target: BindTarget;
  broadcast: boolean;
}

/** Makes the core of a socket that was just bound. */
export function newCore(
  transport: DatagramTransport,
  target: BindTarget,
  owner: { failure(error: unknown, syscall: string): Error },
): UdpCore {
  return {
    transport,
    target,
    receiver: new Receiver(transport, target, {
      failure: owner.failure,
      timeout: () => socketError("ETIMEDOUT", { action: "receive" }),
      accepts: () => true,
    }),
    sender: new Sender(transport, owner.failure),
    broadcast: false,
  };
}
