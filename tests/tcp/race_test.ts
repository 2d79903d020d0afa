import { assert, assertEquals } from "@std/assert";
import { SocketAddress } from "@berkeley/sockets/address";
import { race, RaceLost } from "../../tcp/_race.ts";

/** A race of which the test moves every part: no time passes by itself. */
class Track {
  readonly log: string[] = [];
  readonly discarded: string[] = [];
  readonly lost: string[] = [];
  readonly giveUp = new AbortController();
  #lookups = [6, 4].map(() => Promise.withResolvers<SocketAddress[]>());
  #attempts = new Map<
    string,
    PromiseWithResolvers<string> & { signal: AbortSignal }
  >();
  #sleeps: { ms: number; wake: () => void }[] = [];
  readonly result: Promise<string | RaceLost>;

  constructor() {
    this.result = race<string>({
      lookups: this.#lookups.map(({ promise }) => promise),
      attemptDelay: 250,
      attempt: (address, signal) => {
        this.log.push(address.hostname);
        const attempt = { ...Promise.withResolvers<string>(), signal };
        this.#attempts.set(address.hostname, attempt);
        return attempt.promise;
      },
      discard: (connection) => this.discarded.push(connection),
      sleep: (ms, signal) =>
        new Promise((resolve) => {
          if (signal.aborted) return resolve();
          const sleep = { ms, wake: resolve };
          this.#sleeps.push(sleep);
          signal.addEventListener("abort", () => {
            this.#sleeps = this.#sleeps.filter((other) => other !== sleep);
            resolve();
          });
        }),
      signal: this.giveUp.signal,
    });
    this.result.catch(() => {});
  }

  async #settle(): Promise<void> {
    for (let i = 0; i < 30; i++) await undefined;
  }

  async find(family: 6 | 4, ...hosts: string[]): Promise<void> {
    this.#lookups[family === 6 ? 0 : 1]!.resolve(
      hosts.map((hostname) => SocketAddress.from({ hostname, port: 80 })),
    );
    await this.#settle();
  }

  async findNothing(family: 6 | 4, error: unknown): Promise<void> {
    this.#lookups[family === 6 ? 0 : 1]!.reject(error);
    await this.#settle();
  }

  async win(host: string): Promise<void> {
    this.#attempts.get(host)!.resolve(host);
    await this.#settle();
  }

  async lose(host: string, error: unknown = host): Promise<void> {
    this.lost.push(host);
    this.#attempts.get(host)!.reject(error);
    await this.#settle();
  }

  /** Lets the time pass that the race waits for, and returns how long it is. */
  async pass(): Promise<number | undefined> {
    const sleep = this.#sleeps.shift();
    sleep?.wake();
    await this.#settle();
    return sleep?.ms;
  }

  isAborted(host: string): boolean {
    return this.#attempts.get(host)!.signal.aborted;
  }
}

Deno.test("race() takes turns between the families, each attempt 250 ms later", async () => {
  const track = new Track();
  await track.find(6, "2001:db8::1", "2001:db8::2");
  await track.find(4, "192.0.2.1", "192.0.2.2");
  assertEquals(track.log, ["2001:db8::1"]);
  for (let i = 0; i < 3; i++) assertEquals(await track.pass(), 250);
  assertEquals(track.log, [
    "2001:db8::1",
    "192.0.2.1",
    "2001:db8::2",
    "192.0.2.2",
  ]);
  await track.win("2001:db8::2");
  assertEquals(await track.result, "2001:db8::2");
});

Deno.test("race() begins the next attempt at once when one fails", async () => {
  const track = new Track();
  await track.find(6, "2001:db8::1");
  await track.find(4, "192.0.2.1");
  await track.lose("2001:db8::1");
  assertEquals(track.log, ["2001:db8::1", "192.0.2.1"]);
  await track.win("192.0.2.1");
  assertEquals(await track.result, "192.0.2.1");
});

Deno.test("race() waits 50 ms for the preferred family when the other is found first", async () => {
  const track = new Track();
  await track.find(4, "192.0.2.1");
  assertEquals(track.log, []);
  assertEquals(await track.pass(), 50);
  assertEquals(track.log, ["192.0.2.1"]);
  await track.find(6, "2001:db8::1");
  assertEquals(await track.pass(), 250);
  assertEquals(track.log, ["192.0.2.1", "2001:db8::1"]);
  await track.win("2001:db8::1");
  assertEquals(await track.result, "2001:db8::1");
});

Deno.test("race() takes in addresses that are found when all others have failed", async () => {
  const track = new Track();
  await track.find(6, "2001:db8::1");
  await track.lose("2001:db8::1");
  await track.find(4, "192.0.2.1");
  assertEquals(track.log, ["2001:db8::1", "192.0.2.1"]);
  await track.win("192.0.2.1");
  assertEquals(await track.result, "192.0.2.1");
});

Deno.test("race() aborts the losers, and discards those that connect too late", async () => {
  const track = new Track();
  await track.find(6, "2001:db8::1");
  await track.find(4, "192.0.2.1");
  await track.pass();
  await track.win("192.0.2.1");
  assertEquals(await track.result, "192.0.2.1");
  assert(track.isAborted("2001:db8::1"));
  await track.win("2001:db8::1");
  assertEquals(track.discarded, ["2001:db8::1"]);
});

Deno.test("race() lists every attempt that failed, and the look-ups", async () => {
  const track = new Track();
  await track.findNothing(6, "no AAAA");
  await track.find(4, "192.0.2.1", "192.0.2.2");
  await track.lose("192.0.2.1", "refused");
  await track.lose("192.0.2.2", "unreachable");
  const lost = await track.result;
  assert(lost instanceof RaceLost);
  assertEquals(lost.attempts.map(({ error }) => error), [
    "refused",
    "unreachable",
  ]);
  assertEquals(lost.lookupErrors, ["no AAAA"]);
});

Deno.test("race() without any address reports the look-ups alone", async () => {
  const track = new Track();
  await track.findNothing(6, 1);
  await track.findNothing(4, 2);
  const lost = await track.result;
  assert(lost instanceof RaceLost);
  assertEquals([lost.attempts.length, lost.lookupErrors], [0, [1, 2]]);
});

Deno.test("race() can be aborted at every stage", async () => {
  const stages: ((track: Track) => Promise<unknown>)[] = [
    () => Promise.resolve(),
    (track) => track.find(4, "192.0.2.1"),
    (track) => track.find(6, "2001:db8::1"),
    async (track) => {
      await track.find(6, "2001:db8::1");
      await track.lose("2001:db8::1");
    },
  ];
  for (const stage of stages) {
    const track = new Track();
    await stage(track);
    track.giveUp.abort("enough");
    await track.result.then(
      () => assert(false, "the race went on"),
      (reason) => assertEquals(reason, "enough"),
    );
    for (const host of track.log) {
      assert(track.isAborted(host));
      await track.win(host);
      assertEquals(track.discarded.includes(host), !track.lost.includes(host));
    }
  }
});
