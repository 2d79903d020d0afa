import { showValue } from "../internal/check/mod.ts";
import { socketError } from "../errors/mod.ts";
import { lastError, type Libc, loadLibc } from "./_libc.ts";
import { MSG_NOSIGNAL } from "./constants.ts";
import { type MessageBatch, partsOf } from "./message_batch.ts";
import { MMSGHDR } from "./_platform.ts";
import { callFlags, wouldBlock } from "./_receive.ts";

function linuxOf({ linux }: Libc, syscall: string): NonNullable<Libc["linux"]> {
  if (linux !== undefined) return linux;
  throw socketError("ENOTSUP", {
    action: "move a batch",
    syscall,
    reason:
      "Linux alone has sendmmsg and recvmmsg; send and receive one by one",
  });
}

/** Which datagrams of a batch: the index of the first, and the one after the last. */
export interface BatchSpan {
  readonly from: number;
  readonly end: number;
}

/** C's `sendmmsg` for some datagrams; undefined where there is no room yet. */
export function sendBatchNow(
  fd: number,
  batch: MessageBatch,
  { from, end }: BatchSpan,
  flags: number,
): number | undefined {
  const libc = loadLibc();
  const { sendmmsg } = linuxOf(libc, "sendmmsg");
  const parts = partsOf(batch);
  if (!(Number.isInteger(from) && from >= 0 && from <= parts.count())) {
    throw new RangeError(
      `Cannot send from datagram ${
        showValue(from)
      } on: the batch holds ${parts.count()}`,
    );
  }
  const asked = callFlags(flags | MSG_NOSIGNAL);
  const headers = parts.headers();
  const rest = from === 0 ? headers : headers.subarray(from * MMSGHDR.size);
  const count = sendmmsg(fd, rest, end - from, asked);
  if (count !== -1) return count;
  if (wouldBlock(libc)) return undefined;
  throw lastError("send datagrams", "sendmmsg");
}

/** C's `recvmmsg`; undefined where there is nothing yet. */
export function receiveBatchNow(
  fd: number,
  batch: MessageBatch,
  flags: number,
): number | undefined {
  const libc = loadLibc();
  const { recvmmsg } = linuxOf(libc, "recvmmsg");
  const parts = partsOf(batch);
  const { capacity } = parts;
  const asked = callFlags(flags);
  const headers = parts.headers();
  parts.prepare(capacity);
  const count = recvmmsg(fd, headers, capacity, asked, null);
  if (count !== -1) {
    parts.received(count);
    return count;
  }
  if (wouldBlock(libc)) return undefined;
  throw lastError("receive datagrams", "recvmmsg");
}
