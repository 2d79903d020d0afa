import { assertEquals } from "@std/assert";
import { Random } from "../../../testing/_random.ts";
import * as posix from "../../../tcp/_posix_transport.ts";
import type { TcpCalls, TcpTransport } from "../../../tcp/_seam.ts";
import { HAS_POSIX } from "../../_posix.ts";
import { onTcpNet, sleep } from "./_tcp_net.ts";

const CALLS = ["read", "write", "closeWrite", "close", "reset"] as const;

/** A call on one of the two ends of a connection. */
interface Step {
  readonly call: typeof CALLS[number];
  readonly end: 0 | 1;
  /** How many bytes are read or written at most. */
  readonly size: number;
}

function randomSteps(random: Random): Step[] {
  return Array.from({ length: 8 }, () => ({
    call: random.pick([...CALLS, ...Array(3).fill(CALLS[0]), CALLS[1]]),
    end: random.pick([0, 1]),
    size: random.pick([1, 10, 100]),
  }));
}

/** One end of a connection, and what became of the calls on it. */
class End {
  readonly #transport: TcpTransport;
  readonly #name: string;
  readonly #log: string[];
  /** The calls that are pending, or that have ended since `note`. */
  readonly #outcomes = new Map<string, string | undefined>();
  #isClosed = false;

  constructor(transport: TcpTransport, name: string, log: string[]) {
    this.#transport = transport;
    this.#name = name;
    this.#log = log;
    transport.setNoDelay(true);
  }

  /** Begins a call, unless an equal one is pending. */
  step({ call, size }: Step): void {
    if (this.#isClosed || this.#outcomes.has(call)) return;
    this.#log.push(`${this.#name} ${call} ${size}`);
    const transport = this.#transport;
    if (call === "read") {
      this.#track(call, transport.read(new Uint8Array(size)));
    } else if (call === "write") {
      this.#track(call, transport.write(new Uint8Array(size)));
    } else if (call === "closeWrite") {
      this.#track(call, transport.closeWrite!());
    } else this.end(call);
  }

  #track(call: string, result: Promise<unknown>): void {
    this.#outcomes.set(call, undefined);
    result.then(
      (value) => this.#outcomes.set(call, String(value)),
      (error) => this.#outcomes.set(call, error.code),
    );
  }

  end(call: "close" | "reset"): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#transport[call]!();
  }

  /** Writes down which calls have ended. */
  note(): void {
    for (const [call, outcome] of this.#outcomes) {
      if (outcome === undefined) continue;
      if (!this.#isClosed) this.#log.push(`${this.#name} ${call}: ${outcome}`);
      this.#outcomes.delete(call);
    }
  }
}

/** Makes the calls on a new connection, with pauses, and returns what they did. */
async function play(
  { connect, listen }: TcpCalls,
  steps: readonly Step[],
  pause: number,
): Promise<string[]> {
  const log: string[] = [];
  const { signal } = new AbortController();
  const listener = await listen({ hostname: "127.0.0.1", port: 0 });
  const { hostname, port } = listener.addr;
  const [client, server] = await Promise.all([
    connect({ hostname, port }, signal),
    listener.accept(),
  ]);
  const ends = [
    new End(client, "client", log),
    new End(server, "server", log),
  ] as const;
  for (const step of steps) {
    ends[step.end].step(step);
    await sleep(pause);
    for (const end of ends) end.note();
  }
  for (const end of ends) end.end("reset");
  await sleep(pause);
  await listener.close();
  return log;
}

Deno.test({
  name: "TcpStack answers random calls as the kernel does",
  ignore: !HAS_POSIX || Deno.build.os !== "linux",
  async fn() {
    for (let seed = 1; seed <= 20; seed++) {
      const steps = randomSteps(new Random(seed));
      const expected = await onTcpNet({ seed }, (net) => {
        const { stack } = net.host("host");
        return play(stack, steps, 10);
      });
      let real: string[] = [];
      // On a busy machine a segment may take longer than a pause.
      for (const pause of [1, 10, 100]) {
        real = await play(posix, steps, pause);
        if (`${real}` === `${expected}`) break;
      }
      assertEquals(real, expected, `seed ${seed}`);
    }
  },
});
