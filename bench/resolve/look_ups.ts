/**
 * Look-ups against `Deno.resolveDns`: not cached, cached, and many at a time.
 *
 * ```sh
 * deno run --allow-net --allow-read bench/resolve/look_ups.ts
 * ```
 *
 * @module
 */
import { SOCK_STREAM } from "../../address/mod.ts";
import { Resolver } from "../../resolve/mod.ts";

/** One kind of look-up, in microseconds each, beside what it is compared with. */
export interface LookUpResult {
  /** What was looked up, and how. */
  readonly name: string;
  /** The median time of a look-up, in microseconds. */
  readonly micros: number;
  /** The time of `Deno.resolveDns` for A and AAAA together, over this one's. */
  readonly timesFaster: number;
}

interface Contender {
  readonly name: string;
  readonly count: number;
  run(count: number): Promise<unknown>;
}

const ROUNDS = 15;
const hints = { socktype: SOCK_STREAM };

async function startServer(): Promise<
  { worker: Worker; hostname: string; port: number }
> {
  const worker = new Worker(new URL("./_server_worker.ts", import.meta.url), {
    type: "module",
  });
  const { promise, resolve } = Promise.withResolvers<
    { hostname: string; port: number }
  >();
  worker.onmessage = ({ data }) => resolve(data);
  return { worker, ...await promise };
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

async function inTurn(
  count: number,
  look: () => Promise<unknown>,
): Promise<void> {
  for (let i = 0; i < count; i++) await look();
}

function contenders(hostname: string, port: number): Contender[] {
  const options = { nameServer: { ipAddr: hostname, port } };
  const native = (name: string): Promise<unknown> =>
    Promise.all([
      Deno.resolveDns(name, "A", options),
      Deno.resolveDns(name, "AAAA", options),
    ]);
  const nameServers = [{ hostname, port }];
  const uncached = new Resolver({ nameServers, cache: false });
  const cached = new Resolver({ nameServers });
  const names = Array.from({ length: 10_000 }, (_, i) => `host${i % 100}.test`);
  return [
    {
      name: "Deno.resolveDns, A and AAAA together",
      count: 200,
      run: (count) => inTurn(count, () => native("host1.test")),
    },
    {
      name: "Deno.resolveDns, A alone",
      count: 200,
      run: (count) =>
        inTurn(count, () => Deno.resolveDns("host1.test", "A", options)),
    },
    {
      name: "getAddrInfo, not cached",
      count: 200,
      run: (count) =>
        inTurn(count, () => uncached.getAddrInfo("host1.test", 80, hints)),
    },
    {
      name: "getAddrInfo, cached",
      count: 20_000,
      run: (count) =>
        inTurn(count, () => cached.getAddrInfo("host1.test", 80, hints)),
    },
    {
      name: "getAddrInfo, cached, service by name",
      count: 20_000,
      run: (count) =>
        inTurn(count, () => cached.getAddrInfo("host1.test", "http", hints)),
    },
    {
      name: "getAddrInfo, 10,000 at a time of 100 names, cold",
      count: names.length,
      run: () => {
        const cold = new Resolver({ nameServers });
        return Promise.all(
          names.map((name) => cold.getAddrInfo(name, 80, hints)),
        );
      },
    },
  ];
}

/** Measures all of them in interleaved rounds; the first round warms up and does not count. */
export async function benchLookUps(): Promise<LookUpResult[]> {
  const { worker, hostname, port } = await startServer();
  const all = contenders(hostname, port);
  const times = all.map((): number[] => []);
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [i, { count, run }] of all.entries()) {
      const start = performance.now();
      await run(count);
      const micros = (performance.now() - start) * 1000 / count;
      if (round > 0) times[i]!.push(micros);
    }
  }
  worker.terminate();
  const native = median(times[0]!);
  return all.map(({ name }, i) => {
    const micros = median(times[i]!);
    return { name, micros, timesFaster: native / micros };
  });
}

if (import.meta.main) {
  console.table((await benchLookUps()).map(({ name, micros, timesFaster }) => ({
    "look-up": name,
    "µs": Number(micros.toPrecision(3)),
    "times faster than the first": Number(timesFaster.toPrecision(3)),
  })));
}
