import type { RawDatagram } from "./_transport.ts";
import { ReceiveCall } from "./_receiver.ts";
import type { Datagram, ReceivedInto } from "./datagram.ts";

/** A receive of a datagram with memory of its own. */
export class WholeCall extends ReceiveCall<Datagram> {
  take(datagram: RawDatagram): Datagram {
    return {
      data: new Uint8Array(datagram.bytes),
      address: this.receiver.senderOf(datagram),
      truncated: datagram.truncated,
    };
  }
}

/** A receive into memory of the caller's. */
export class IntoCall extends ReceiveCall<ReceivedInto> {
  /** The memory; it changes only while the call is not pending. */
  buffer: Uint8Array = new Uint8Array(0);

  take(datagram: RawDatagram): ReceivedInto {
    const { bytes } = datagram;
    const room = this.buffer.length;
    const isShort = bytes.length > room;
    this.buffer.set(isShort ? bytes.subarray(0, room) : bytes);
    return {
      length: isShort ? room : bytes.length,
      address: this.receiver.senderOf(datagram),
      truncated: isShort || datagram.truncated,
    };
  }
}
