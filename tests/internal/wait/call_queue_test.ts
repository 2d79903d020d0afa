import { assertEquals, assertRejects } from "@std/assert";
import {
  type Call,
  CallQueue,
  checkWait,
  Timers,
} from "../../../internal/wait/mod.ts";

/** A source of numbers; each call takes so many of them. */
class Source {
  stock = 0;
  asked = 0;
  idle = 0;
  fault: Error | undefined;
  readonly queue: CallQueue<Call<unknown>> = new CallQueue({
    onWaiting: () => {
      this.asked++;
      if (this.fault !== undefined) throw this.fault;
    },
    onIdle: () => {
      this.idle++;
    },
    timers: new Timers(),
  });

  take(
    count: number,
    options?: { signal?: AbortSignal; timeout?: number },
  ): Promise<number> {
    const call: Call<number> = {
      attempt: () => {
        if (count < 0) throw new RangeError("less than nothing");
        if (this.stock < count) return undefined;
        this.stock -= count;
        return count;
      },
      timeoutError: () => new Error("too late"),
    };
    return this.queue.call(call, checkWait(options));
  }

  bring(count: number): void {
    this.stock += count;
    this.queue.run();
  }
}

Deno.test("CallQueue does at once what can be done, and asks for no news", async () => {
  const source = new Source();
  source.bring(3);
  assertEquals(await source.take(2), 2);
  assertEquals([source.stock, source.asked], [1, 0]);
  await assertRejects(() => source.take(-1), RangeError);
});

Deno.test("CallQueue serves calls in their order", async () => {
  const source = new Source();
  const done: number[] = [];
  const calls = [5, 1, 2].map(async (count) => {
    done.push(await source.take(count));
  });
  source.bring(4); // enough for the others, but not for the first
  await undefined;
  assertEquals(done, []);
  source.bring(4);
  await Promise.all(calls);
  assertEquals([done, source.stock], [[5, 1, 2], 0]);
});

Deno.test("CallQueue lets the next call have what a cancelled one leaves", async () => {
  const source = new Source();
  const giveUp = new AbortController();
  const first = source.take(5, { signal: giveUp.signal });
  const second = source.take(1);
  source.bring(2);
  giveUp.abort("enough");
  source.bring(4); // too late for the first
  assertEquals(await first.catch((reason) => reason), "enough");
  assertEquals([await second, source.stock], [1, 5]);
});

Deno.test("CallQueue takes out calls in the middle and at the end", async () => {
  const source = new Source();
  const giveUp = new AbortController();
  const calls = [1, 2, 3, 4].map((count) =>
    source.take(count, count % 2 ? undefined : { signal: giveUp.signal })
  );
  giveUp.abort("enough");
  source.bring(4);
  const results = await Promise.allSettled(calls);
  assertEquals(results.map(({ status }) => status), [
    "fulfilled",
    "rejected",
    "fulfilled",
    "rejected",
  ]);
  assertEquals(source.stock, 0);
});

Deno.test("CallQueue rejects a call whose time is up", async () => {
  const source = new Source();
  await assertRejects(() => source.take(1, { timeout: 1 }), Error, "too late");
  await assertRejects(() => source.take(1, { timeout: 0 }), Error, "too late");
  source.bring(1);
  assertEquals(await source.take(1, { timeout: 0 }), 1);
});

Deno.test("CallQueue.close() rejects all calls", async () => {
  const source = new Source();
  const calls = [source.take(1), source.take(2, { timeout: 3_600_000 })];
  source.queue.close(new Error("closed"));
  for (const call of calls) await assertRejects(() => call, Error, "closed");
  assertEquals(source.queue.isEmpty, true);
  source.bring(5);
  assertEquals(source.stock, 5);
});

Deno.test("CallQueue rejects the call at the head if nothing can be asked for it", async () => {
  const source = new Source();
  source.fault = new RangeError("no memory");
  const calls = [source.take(1), source.take(2)];
  for (const call of calls) await assertRejects(() => call, RangeError);
});

Deno.test("CallQueue lets a call that an attempt makes wait behind it", async () => {
  const source = new Source();
  let inner: Promise<number> | undefined;
  const outer = source.queue.call({
    attempt: () => {
      inner ??= source.take(1);
      if (source.stock < 2) return undefined;
      source.stock -= 2;
      return "outer";
    },
    timeoutError: () => new Error(),
  }, undefined);
  source.bring(2);
  const results = await Promise.race([inner, outer]);
  assertEquals([results, source.stock], [1, 1]);
  source.bring(1);
  assertEquals([await outer, source.stock], ["outer", 0]);
});

Deno.test("CallQueue.now() does only what needs no waiting", async () => {
  const source = new Source();
  const one: Call<number> = {
    attempt: () => source.stock > 0 ? source.stock-- : undefined,
    timeoutError: () => new Error(),
  };
  assertEquals(source.queue.now(one), undefined);
  const waiting = source.take(2);
  source.stock = 1; // without news
  assertEquals(source.queue.now(one), undefined); // another waits
  source.bring(1);
  assertEquals(await waiting, 2);
});

Deno.test("CallQueue says when the last call that waited was cancelled", async () => {
  const source = new Source();
  const cancel = [new AbortController(), new AbortController()];
  const calls = cancel.map(({ signal }) => source.take(1, { signal }));
  assertEquals(source.queue.size, 2);
  for (const [i, controller] of cancel.entries()) {
    controller.abort("enough");
    assertEquals(await calls[i]!.catch((reason) => reason), "enough");
    assertEquals([source.queue.size, source.idle], [1 - i, i]);
  }
  const last = source.take(1);
  source.bring(1);
  assertEquals([await last, source.queue.size, source.idle], [1, 0, 1]);
});

Deno.test("CallQueue lets calls leave a long queue from anywhere", async () => {
  const source = new Source();
  const done: number[] = [];
  const cancel = new AbortController();
  const calls = Array.from({ length: 100_000 }, (_, i) => {
    const options = i % 1000 === 999 ? { signal: cancel.signal } : undefined;
    return source.take(1, options).then(() => done.push(i));
  });
  cancel.abort("enough");
  source.bring(calls.length);
  const results = await Promise.allSettled(calls);
  assertEquals(
    results.filter(({ status }) => status === "rejected").length,
    100,
  );
  assertEquals([done.length, source.queue.size], [99_900, 0]);
  assertEquals(done, done.toSorted((a, b) => a - b));
});
