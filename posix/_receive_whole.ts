import { POLLPRI } from "./constants.ts";
import { requireBuffer } from "./_buffer.ts";
import { pollNow } from "./_poll_now.ts";
import { recvNow } from "./_receive.ts";

/** Linux: the peer has sent FIN. */
const POLLRDHUP = 0x2000;

/** How a call is tried, and what it has when it is given up. */
export interface WholeReceive {
  attempt(): number | undefined;
  partial(): number | undefined;
}

/**
 * C's `recv` with MSG_WAITALL: each try goes on where the last one stopped. An error
 * after some of it is for the next call, which `keepFault` keeps it for.
 */
export function receiveWhole(
  source: { readonly fd: number },
  buffer: Uint8Array,
  flags: number,
  keepFault: (error: unknown) => void,
): WholeReceive {
  const size = buffer.length;
  let got = 0;
  const attempt = () => {
    while (got < buffer.length) {
      let count: number | undefined;
      try {
        count = recvNow(source.fd, buffer.subarray(got), flags);
      } catch (error) {
        if (got === 0) throw error;
        keepFault(error);
        return got;
      }
      if (count === undefined) return undefined;
      if (count === 0) return got;
      got += count;
    }
    requireBuffer(buffer, size);
    return got;
  };
  return { attempt, partial: () => got === 0 ? undefined : got };
}

/** The same with MSG_PEEK: each try begins anew, as all stays where it is. */
export function peekWhole(
  source: { readonly fd: number },
  buffer: Uint8Array,
  flags: number,
): WholeReceive {
  const size = buffer.length;
  let got = 0;
  const attempt = () => {
    requireBuffer(buffer, size);
    const count = recvNow(source.fd, buffer, flags);
    if (count === undefined) return undefined;
    got = count;
    return got === buffer.length || isSplit(source.fd) ? got : undefined;
  };
  return { attempt, partial: () => got === 0 ? undefined : got };
}

/** Whether what is there will not grow: the stream ends, or urgent data splits it. */
function isSplit(fd: number): boolean {
  const [told] = pollNow([{ fd, events: POLLRDHUP | POLLPRI }]);
  return told !== 0;
}
