/**
 * Run by memory_test.ts: gives every call buffers that lie about themselves, in the
 * middle of memory whose other bytes must neither be sent nor changed.
 */
import {
  AF_INET,
  AF_UNIX,
  MessageBatch,
  MSG_PEEK,
  MSG_WAITALL,
  type PosixSocket,
  SOCK_DGRAM,
  SOCK_STREAM,
  socket,
  socketPair,
} from "../../posix/mod.ts";

const BEFORE = 64;
const SIZE = 8;
const BEHIND = 4096;

type Liar = (memory: ArrayBufferLike) => Uint8Array;

/** A class of buffers that answers with other numbers than the true ones. */
function lying(lies: Record<string, unknown>) {
  class Lying extends Uint8Array {}
  for (const [name, value] of Object.entries(lies)) {
    Object.defineProperty(Lying.prototype, name, { get: () => value });
  }
  return (memory: ArrayBufferLike) =>
    new Lying(memory as ArrayBuffer, BEFORE, SIZE);
}

/** Buffers of SIZE bytes, whatever they say. */
const LIARS: Record<string, Liar> = {
  "length too large": lying({ length: BEHIND }),
  "length too small": lying({ length: 1 }),
  "length 0": lying({ length: 0 }),
  "no number as length": lying({ length: "4096" }),
  "an infinite length": lying({ length: Infinity }),
  "another byteLength": lying({ byteLength: BEHIND, length: BEHIND }),
  "another byteOffset": lying({ byteOffset: 0, length: BEHIND }),
  "another buffer": lying({ buffer: new ArrayBuffer(1), byteOffset: 0 }),
  "a length of its own": (memory) =>
    Object.defineProperty(
      new Uint8Array(memory, BEFORE, SIZE),
      "length",
      { value: BEHIND },
    ),
  "another subarray()": (memory) => {
    const bytes = new Uint8Array(memory, BEFORE, SIZE);
    return Object.assign(bytes, { subarray: () => new Uint8Array(memory) });
  },
  "another species": (memory) => {
    class Other extends Uint8Array {
      static get [Symbol.species]() {
        return function () {
          return new Uint8Array(memory);
        } as unknown as Uint8ArrayConstructor;
      }
    }
    return new Other(memory as ArrayBuffer, BEFORE, SIZE);
  },
};

const MEMORIES: Record<string, () => ArrayBufferLike> = {
  fixed: () => new ArrayBuffer(BEFORE + SIZE + BEHIND),
  resizable: () => {
    const size = BEFORE + SIZE + BEHIND;
    return new ArrayBuffer(size, { maxByteLength: 2 * size });
  },
  shared: () => new SharedArrayBuffer(BEFORE + SIZE + BEHIND),
};

/** Memory with 1 in the buffer and 9 around it. */
function prepare(memory: ArrayBufferLike): void {
  new Uint8Array(memory).fill(9);
  new Uint8Array(memory, BEFORE, SIZE).fill(1);
}

/** Fails if anything but the buffer has changed. */
function requireUntouched(memory: ArrayBufferLike, what: string): void {
  const all = new Uint8Array(memory);
  const isGood = all.every((byte, i) =>
    i >= BEFORE && i < BEFORE + SIZE || byte === 9
  );
  if (!isGood) throw new Error(`${what} has written beyond the buffer`);
}

const to = socket(AF_INET, SOCK_DGRAM);
to.bind({ hostname: "127.0.0.1", port: 0 });
const inet = socket(AF_INET, SOCK_DGRAM);

/** Sends by each way; the bytes that the other end has to get. */
const SENDS: Record<string, (bytes: Uint8Array, near: PosixSocket) => unknown> =
  {
    send: (bytes, near) => near.send(bytes),
    "send with options": (bytes, near) => near.send(bytes, { timeout: 5000 }),
    sendNow: (bytes, near) => near.sendNow(bytes),
    sendMsg: (bytes, near) => near.sendMsg({ data: [bytes, bytes] }),
    sendMany: (bytes, near) => {
      const batch = new MessageBatch({ capacity: 2, size: 2 * BEHIND });
      const rest = new Uint8Array(2 * BEHIND).fill(9); // from an earlier datagram
      batch.push(rest);
      batch.clear();
      batch.push(bytes);
      return near.sendMany(batch);
    },
  };

const RECEIVES: Record<
  string,
  (buffer: Uint8Array, near: PosixSocket) => unknown
> = {
  recv: (buffer, near) => near.recv(buffer),
  recvNow: (buffer, near) => near.recvNow(buffer),
  recvFrom: (buffer, near) => near.recvFrom(buffer),
  recvMsg: (buffer, near) => near.recvMsg([buffer]),
};
const WHOLE: typeof RECEIVES = {
  recv: (buffer, near) => near.recv(buffer, { flags: MSG_WAITALL }),
  recvFrom: (buffer, near) => near.recvFrom(buffer, { flags: MSG_WAITALL }),
  recvMsg: (buffer, near) => near.recvMsg([buffer], { flags: MSG_WAITALL }),
  peek: (buffer, near) => near.recv(buffer, { flags: MSG_WAITALL | MSG_PEEK }),
};

for (const [kind, allocate] of Object.entries(MEMORIES)) {
  for (const [lie, make] of Object.entries(LIARS)) {
    const memory = allocate();
    const bytes = make(memory);
    for (const [way, send] of Object.entries(SENDS)) {
      for (const type of [SOCK_STREAM, SOCK_DGRAM]) {
        if (way === "sendMany" && type === SOCK_STREAM) continue;
        prepare(memory);
        const [near, far] = socketPair(AF_UNIX, type);
        await send(bytes, near);
        const got = new Uint8Array(4 * BEHIND);
        const count = far.recvNow(got);
        const expected = way === "sendMsg" ? 2 * SIZE : SIZE;
        if (count !== expected || got.includes(9)) {
          throw new Error(`${way} of ${kind} bytes with ${lie} sent ${count}`);
        }
        near.close();
        far.close();
      }
    }
    prepare(memory);
    const address = to.getSockName();
    await inet.sendTo(bytes, address);
    const batch = new MessageBatch({ capacity: 1, size: BEHIND });
    inet.addTo(batch, bytes, address);
    inet.sendManyNow(batch);
    for (let i = 0; i < 2; i++) {
      const count = to.recvNow(new Uint8Array(2 * BEHIND));
      if (count !== SIZE) throw new Error(`${kind} ${lie} sent ${count} by IP`);
    }

    for (const [way, receive] of Object.entries(RECEIVES)) {
      for (const type of [SOCK_STREAM, SOCK_DGRAM]) {
        prepare(memory);
        const [near, far] = socketPair(AF_UNIX, type);
        far.sendNow(new Uint8Array(SIZE + 16).fill(7));
        await receive(bytes, near);
        requireUntouched(memory, `${way} with ${lie}`);
        near.close();
        far.close();
      }
    }
    for (const [way, receive] of Object.entries(WHOLE)) {
      prepare(memory);
      const [near, far] = socketPair(AF_UNIX, SOCK_STREAM);
      far.sendNow(new Uint8Array(SIZE - 3).fill(7));
      const receiving = receive(bytes, near);
      far.sendNow(new Uint8Array(SIZE + 16).fill(7));
      await receiving;
      requireUntouched(memory, `${way} of all with ${lie}`);
      near.close();
      far.close();
    }
  }
}
console.log("buffers ok");

// What is no typed array is refused, and by calls that return a promise, rejected.
const [near, far] = socketPair(AF_UNIX, SOCK_DGRAM);
const view = new Uint8Array(8);
for (
  const bad of [
    ...[new Proxy(view, {}), new DataView(view.buffer), view.buffer],
    ...[{ length: 8 }, "text", 8, null, undefined],
  ]
) {
  const own = bad as unknown as Uint8Array;
  for (const body of [...Object.values(SENDS), ...Object.values(RECEIVES)]) {
    let error: unknown;
    try {
      await body(own, near);
    } catch (caught) {
      error = caught;
    }
    if (!(error instanceof TypeError)) {
      throw new Error(`${body} takes ${Object.prototype.toString.call(bad)}`);
    }
  }
  for (const method of ["send", "recv", "recvFrom", "recvMsg"] as const) {
    near[method](own).catch(() => {}); // does not throw
  }
}
console.log("others ok");

// Flags that would take the memory away between two looks at it.
for (const take of ["resize", "transfer"] as const) {
  const memory = new ArrayBuffer(64, { maxByteLength: 64 });
  const buffer = new Uint8Array(memory);
  const flags = { valueOf: () => (memory[take](0), 0) } as unknown as number;
  const calls = [
    () => near.send(buffer, { flags }),
    () => near.sendNow(buffer, flags),
    () => near.recv(buffer, { flags }),
    () => near.recvNow(buffer, flags),
    () => near.recvFrom(buffer, { flags }),
    () => near.sendMsg({ data: buffer }, { flags }),
    () => near.recvMsg(buffer, { flags }),
    () => inet.sendTo(buffer, to.getSockName(), { flags }),
    () => near.sendMany(new MessageBatch(), { flags }),
    () => near.sendManyNow(new MessageBatch(), 0, flags),
    () => near.recvMany(new MessageBatch(), { flags }),
    () => near.recvManyNow(new MessageBatch(), flags),
  ];
  for (const call of calls) {
    let error: unknown;
    try {
      await call();
    } catch (caught) {
      error = caught;
    }
    if (!(error instanceof TypeError)) throw new Error(`${call}: ${error}`);
  }
  if (buffer.length !== 64) {
    throw new Error("the flags were asked for a number");
  }
}
console.log("flags ok");

// Batches of classes that promise more than there is.
class LyingBatch extends MessageBatch {
  override get length() {
    return 500;
  }
  override get capacity() {
    return 1000;
  }
  override get size() {
    return 60_000;
  }
}
const batch = new LyingBatch({ capacity: 2, size: 16 });
const three = () => {
  for (let i = 0; i < 3; i++) far.sendNow(new Uint8Array(4000).fill(7));
};
three();
const received = await near.recvMany(batch);
if (received !== 2) throw new Error(`received ${received} of 2`);
if (batch.data(1).length !== 16) throw new Error("a datagram beyond its room");
near.recvNow(new Uint8Array(1));
three();
const again = near.recvManyNow(batch);
if (again !== 2) throw new Error(`received ${again} of 2`);
near.recvNow(new Uint8Array(1));
const sent = await near.sendMany(batch);
if (sent !== 2) throw new Error(`sent ${sent} of 2`);
for (const name of ["capacity", "size"] as const) {
  const plain = new MessageBatch({ capacity: 1, size: 16 });
  Object.defineProperty(plain, name, { value: 5000 });
  far.sendNow(new Uint8Array(4000));
  far.sendNow(new Uint8Array(4000));
  if (near.recvManyNow(plain) !== 1) throw new Error(name);
  if (plain.data(0).length !== 16) throw new Error(name);
  near.recvNow(new Uint8Array(1));
}
console.log("batches ok");

// Options: sizes and values.
for (
  const size of [[1000], "1000", -1, 1.5, 2 ** 32 + 4, { valueOf: () => 4 }]
) {
  try {
    near.getRawSockOpt(1, 4, size as number);
  } catch (error) {
    if (error instanceof RangeError) continue;
  }
  throw new Error(`getRawSockOpt() takes ${size}`);
}
const value = new Uint8Array(Int32Array.of(1).buffer);
Object.defineProperty(value, "length", { value: 1 << 20 });
near.setRawSockOpt(1, 16, value); // SO_PASSCRED
const [on] = near.getRawSockOpt(1, 16, 4);
if (on !== 1) throw new Error("setRawSockOpt() took another length");
console.log("options ok");

for (const each of [near, far, to, inet]) each.close();
