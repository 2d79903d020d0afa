/**
 * Fuzzes reads against everything that may come between: pieces that arrive, the
 * end, a reset, aborts, `take`, `closeRead` and `close`, in any order, with or
 * without turns between them. The transport is memory, and does what the script
 * says. The model is an array of bytes, a place in it, and a list of calls.
 *
 * @module
 */
import { StreamConn } from "@berkeley/sockets/stream";
import { assert, assertEquals } from "@std/assert";
import type { Random } from "../_random.ts";
import {
  anyStep,
  type End,
  endOf,
  GIVEN_UP,
  type Step,
} from "./stream_reads.ts";
import type { FuzzTarget } from "./_target.ts";

type Transport = ConstructorParameters<typeof StreamConn>[0];

/** What the model says of a call that has to wait. */
const WAITS = "waits";

/** A peer whose bytes arrive when the script says. */
class ScriptedPeer {
  /** What has arrived and was not handed over. */
  #arrived: Uint8Array = new Uint8Array(0);
  #end: "EOF" | "ECONNRESET" | undefined;
  #reading:
    | { buffer: Uint8Array } & PromiseWithResolvers<number | null>
    | undefined;
  readonly transport: Transport;

  constructor() {
    const addr = { transport: "tcp", hostname: "192.0.2.1", port: 9 } as const;
    this.transport = {
      backend: "deno",
      localAddr: addr,
      remoteAddr: addr,
      read: (buffer) => {
        assert(this.#reading === undefined, "two reads at a time");
        this.#reading = { buffer, ...Promise.withResolvers<number | null>() };
        const { promise } = this.#reading;
        this.#deliver();
        return promise;
      },
      write: (bytes) => Promise.resolve(bytes.length),
      closeWrite: () => Promise.resolve(),
      close: () => {
        this.#reading?.reject(new Deno.errors.Interrupted("closed"));
        this.#reading = undefined;
      },
      reset: () => false,
      ref() {},
      unref() {},
    };
  }

  arrive(bytes: Uint8Array): void {
    this.#arrived = new Uint8Array([...this.#arrived, ...bytes]);
    this.#deliver();
  }

  end(end: "EOF" | "ECONNRESET"): void {
    this.#end = end;
    this.#deliver();
  }

  #deliver(): void {
    const reading = this.#reading;
    if (reading === undefined) return;
    const count = Math.min(this.#arrived.length, reading.buffer.length);
    if (count > 0) {
      reading.buffer.set(this.#arrived.subarray(0, count));
      this.#arrived = this.#arrived.slice(count);
      reading.resolve(count);
    } else if (this.#end === "EOF") {
      reading.resolve(null);
    } else if (this.#end === "ECONNRESET") {
      reading.reject(new Deno.errors.ConnectionReset("connection reset"));
    } else {
      return;
    }
    this.#reading = undefined;
  }
}

/** A call that was made, and how it ended. */
interface Made {
  readonly step: Step;
  readonly abort: AbortController | undefined;
  end: End | undefined;
}

/** Whether a call may end like this where `rest` is all that the stream has left. */
function mayEnd(step: Step, got: End, rest: Uint8Array, end: string): boolean {
  if (end === "EBADF" && got === end) return true; // whatever it wanted
  const expected = step.expect(rest, end);
  if (!(expected instanceof Uint8Array)) return got === expected;
  if (!(got instanceof Uint8Array)) return false;
  const isSome = step.name.startsWith("read(") && got.length > 0;
  const length = isSome ? got.length : expected.length;
  return got.length === length &&
    got.every((byte, i) => byte === expected[i]);
}

/** One connection, and the model of it. */
class Run {
  readonly #random: Random;
  readonly #data: Uint8Array;
  readonly #peer = new ScriptedPeer();
  readonly #conn = new StreamConn(this.#peer.transport, {});
  #waiting: Made[] = [];
  #arrived = 0;
  #at = 0;
  /** What the peer has made of the stream. */
  #end: string = WAITS;
  /** How this side has ended reading, so that nothing is left. */
  readonly #drops: string[] = [];

  constructor(random: Random) {
    this.#random = random;
    this.#data = random.bytes(random.pick([20, 500, 30_000])).map((byte) =>
      byte < 8 ? 10 : byte < 16 ? 13 : byte < 90 ? byte % 3 : byte
    );
  }

  async act(): Promise<void> {
    const action = this.#random.integer(0, 99);
    if (action < 40) this.#call();
    else if (action < 70) this.#arrive();
    else if (action < 80) this.#abort();
    else if (action < 92) await this.#take();
    else if (action < 95) this.#endStream();
    else if (action < 97) this.#drop("EOF", () => this.#conn.closeRead());
    else if (action < 98) this.close();
    const { buffered } = this.#conn;
    assert(buffered >= 0 && buffered <= this.#arrived, `${buffered} buffered`);
  }

  #call(): void {
    const abort = this.#random.next() < 0.5 ? new AbortController() : undefined;
    const step = anyStep(this.#random);
    const made: Made = { step, abort, end: undefined };
    this.#waiting.push(made);
    const options = abort === undefined ? {} : { signal: abort.signal };
    endOf(step.call(this.#conn, options)).then((end) => made.end = end);
  }

  /** What reads meet behind the bytes that have arrived. */
  get end(): string {
    return this.#drops.at(-1) ?? this.#end;
  }

  #arrive(): void {
    if (this.end !== WAITS) return;
    const size = this.#random.pick([1, 2, 10, 300, 9000]);
    const to = Math.min(this.#data.length, this.#arrived + size);
    this.#peer.arrive(this.#data.subarray(this.#arrived, to));
    this.#arrived = to;
  }

  #abort(): void {
    const made = this.#random.pick([...this.#waiting, undefined]);
    made?.abort?.abort(GIVEN_UP);
  }

  async #take(): Promise<void> {
    await this.settle(); // what ended before has taken its bytes before
    const { buffered } = this.#conn;
    const size = this.#random.integer(0, buffered + 1);
    const taken = this.#conn.take(size);
    if (size > buffered) return assertEquals(taken, null);
    assertEquals(taken, this.#data.slice(this.#at, this.#at + size));
    this.#at += size;
  }

  #endStream(): void {
    if (this.end !== WAITS) return;
    const end = this.#random.pick(["EOF", "ECONNRESET"] as const);
    this.#end = end;
    this.#peer.end(end);
  }

  close(): void {
    this.#drop("EBADF", () => this.#conn.close());
  }

  #drop(end: string, drop: () => void): void {
    if (this.end === "EBADF") return;
    drop();
    this.#drops.push(end);
  }

  /** Lets all happen that can; no call waits then that need not. */
  async settle(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve));
    // Calls that were held because the event loop starved settle in this turn.
    await new Promise((resolve) => setImmediate(resolve));
    for (let i = 0; i < 100; i++) await undefined;
    this.#check();
    const [first] = this.#waiting;
    if (first === undefined) return;
    const expected = first.step.expect(this.#rest, this.end);
    assertEquals(expected, WAITS, `${first.step.name} waits`);
  }

  get #rest(): Uint8Array {
    return this.#drops.length > 0
      ? new Uint8Array(0)
      : this.#data.subarray(this.#at, this.#arrived);
  }

  /** Checks the calls that have ended, in the order in which they were made. */
  #check(): void {
    // These take nothing, and wait for no other.
    this.#waiting = this.#waiting.filter(({ step, end }) =>
      end === undefined || (end !== GIVEN_UP && step.name !== "read(0)")
    );
    while (this.#waiting[0]?.end !== undefined) {
      const { step, end } = this.#waiting.shift()!;
      const none = new Uint8Array(0);
      if (this.#drops.some((why) => mayEnd(step, end!, none, why))) continue;
      // It ended before this side stopped reading, if it did.
      const rest = this.#data.subarray(this.#at, this.#arrived);
      const isRight = mayEnd(step, end!, rest, this.#end);
      assert(isRight, `${step.name} at ${this.#at} ended with ${end}`);
      this.#at += step.takes(end!);
    }
    const late = this.#waiting.find(({ end }) => end !== undefined);
    assertEquals(late?.step.name, undefined, "a call overtook another");
  }

  /** All calls have ended. */
  async finish(): Promise<void> {
    this.close();
    await this.settle();
    assertEquals(this.#waiting, []);
  }
}

async function once(random: Random): Promise<string> {
  const run = new Run(random);
  const isSettled = random.next() < 0.3; // turns between all that happens
  for (let turn = 0; turn < 40; turn++) {
    await run.act();
    if (isSettled || random.next() < 0.05) await run.settle();
    else if (random.next() < 0.3) await undefined;
  }
  const outcome = run.end;
  await run.finish();
  return outcome;
}

/** The fuzzer. */
export const readInterleavings: FuzzTarget = {
  name: "interleavings",
  claim: "reads take all they need or nothing, whatever comes between them",
  tries: 60,
  outcomes: [WAITS, "EOF", "ECONNRESET", "EBADF"],
  once,
};
