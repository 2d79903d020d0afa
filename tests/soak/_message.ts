/**
 * Numbered messages whose every byte both ends can tell beforehand, so that a
 * receiver notices any that is lost, doubled, torn or mixed up.
 *
 * @module
 */
import { Random } from "../_random.ts";

const TABLE = new Random(7).bytes(1 << 20);
/** The number of the flow and the number of the message. */
const HEADER = 8;

/** Scatters the numbers of a message over 32 bits. */
function scatter(flow: number, seq: number): number {
  let h = Math.imul(flow + 1, 0x9e3779b1) ^ Math.imul(seq + 1, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15), 0xc2b2ae35);
  return (h ^ (h >>> 13)) >>> 0;
}

/** How large the content of a message is: mostly small, now and then large. */
function streamSize(flow: number, seq: number): number {
  const h = scatter(flow, seq);
  const kind = h % 100;
  if (kind < 60) return h % 200;
  if (kind < 90) return h % 5000;
  return kind < 98 ? h % 70_000 : h % 300_000;
}

function content(flow: number, seq: number, size: number): Uint8Array {
  const start = scatter(seq, flow) % (TABLE.length - size);
  return TABLE.subarray(start, start + size);
}

function build(
  flow: number,
  seq: number,
  size: number,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER + size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, flow);
  view.setUint32(4, seq);
  bytes.set(content(flow, seq, size), HEADER);
  return bytes;
}

/** The message of a stream that has this number in its flow. */
export function streamMessage(
  flow: number,
  seq: number,
): Uint8Array<ArrayBuffer> {
  return build(flow, seq, streamSize(flow, seq));
}

/** The datagram that has this number in its flow: at most 1,400 bytes. */
export function datagramMessage(
  flow: number,
  seq: number,
): Uint8Array<ArrayBuffer> {
  return build(flow, seq, scatter(flow, seq) % 1392);
}

/** The numbers that a message says it has, or undefined for what is none. */
export function numbersOf(
  bytes: Uint8Array,
): { flow: number; seq: number } | undefined {
  if (bytes.length < HEADER) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return { flow: view.getUint32(0), seq: view.getUint32(4) };
}

/** Whether two messages have the same bytes. */
export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Carries a checksum on over one more message. */
export function chain(before: number, message: Uint8Array): number {
  let h = before;
  for (let i = 0; i < message.length; i++) {
    h = Math.imul(h ^ message[i]!, 0x01000193);
  }
  return Math.imul(h ^ message.length, 0x01000193) >>> 0;
}

/** Two numbers as a small frame. */
export function pair(a: number, b: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, a);
  view.setUint32(4, b);
  return bytes;
}

/** The two numbers of a small frame. */
export function unpair(bytes: Uint8Array): [number, number] {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return [view.getUint32(0), view.getUint32(4)];
}
