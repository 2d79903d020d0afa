import { lengthOf } from "../internal/check/mod.ts";
import { countOf } from "./_buffer.ts";
import { lastError, loadLibc } from "./_libc.ts";
import { MSG_NOSIGNAL } from "./constants.ts";
import { callFlags, wouldBlock } from "./_receive.ts";
import { encode } from "./_sockaddr.ts";
import { showName, type SocketName } from "./socket_name.ts";

/** C's `send`; undefined where there is no room yet. */
export function sendNow(
  fd: number,
  bytes: Uint8Array,
  flags: number,
): number | undefined {
  const libc = loadLibc();
  const own = bytes as Uint8Array<ArrayBuffer>;
  const asked = callFlags(flags | MSG_NOSIGNAL);
  const count = libc.all.send(fd, own, countOf(own), asked);
  if (count !== -1) return count;
  if (wouldBlock(libc)) return undefined;
  throw lastError(`send ${lengthOf(bytes)} bytes`, "send");
}

/** C's `sendto`; undefined where there is no room yet. */
export function sendToNow(
  fd: number,
  bytes: Uint8Array,
  flags: number,
  to: SocketName,
  family: number,
): number | undefined {
  const libc = loadLibc();
  const own = bytes as Uint8Array<ArrayBuffer>;
  const name = encode(to, family);
  const asked = callFlags(flags | MSG_NOSIGNAL);
  const count = libc.all.sendto(
    ...[fd, own, countOf(own), asked, name.bytes, name.length] as const,
  );
  if (count !== -1) return count;
  if (wouldBlock(libc)) return undefined;
  throw lastError(`send ${lengthOf(bytes)} bytes to ${showName(to)}`, "sendto");
}
