import { assert, assertEquals, assertThrows } from "@std/assert";
import process from "node:process";
import { runInVirtualTime } from "../../../testing/_sim/time/mod.ts";

const START = Date.UTC(2030, 0, 1);

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Runs a test 1.5 seconds after the start of virtual time. */
function later(test: () => unknown): Promise<void> {
  return runInVirtualTime({ seed: 1 }, async () => {
    await sleep(1500);
    await test();
  });
}

Deno.test("Date takes virtual time as constructor, as function and by now()", async () => {
  await later(() => {
    assertEquals(Date.now(), START + 1500);
    assertEquals(new Date().getTime(), START + 1500);
    assertEquals(Date(), new Date(START + 1500).toString());
  });
});

Deno.test("Date keeps its other arguments, methods and class in virtual time", async () => {
  const outer = new Date(5);
  await later(() => {
    assertEquals(new Date(2020, 1, 2).getDate(), 2);
    assertEquals(new Date("2020-01-01").getTime(), Date.UTC(2020, 0, 1));
    assertEquals([Date.name, Date.length], ["Date", 7]);
    assert(new Date() instanceof Date);
    assert(outer instanceof Date);
    assertEquals(new Date().constructor, Date);
    assert(structuredClone(new Date()) instanceof Date);
  });
});

Deno.test("Intl.DateTimeFormat takes virtual time where no date is passed", async () => {
  const outer = new Intl.DateTimeFormat("en", { timeZone: "UTC" });
  const { format } = outer;
  await later(() => {
    const inner = new Intl.DateTimeFormat("en", { timeZone: "UTC" });
    assertEquals(inner.format(), "1/1/2030");
    assertEquals(outer.format(), "1/1/2030");
    assertEquals(inner.format, inner.format);
    assertEquals(outer.formatToParts().at(-1)?.value, "2030");
    assertEquals([0].map(inner.format), ["1/1/1970"]);
    assertEquals(inner.formatToParts(0).at(-1)?.value, "1970");
  });
  assertEquals(outer.format, format);
  assertEquals(outer.format(), outer.format(Date.now()));
});

Deno.test("a subclass of Date takes virtual time", async () => {
  class Outer extends Date {}
  await later(() => {
    class Inner extends Date {
      get seconds(): number {
        return this.getUTCSeconds();
      }
    }
    assertEquals(new Inner().getTime(), START + 1500);
    assertEquals(new Inner().seconds, 1);
    assert(new Inner() instanceof Inner);
    assertEquals(new Inner(7).getTime(), 7);
    assertEquals(new Outer(7).getTime(), 7);
  });
});

Deno.test("performance measures virtual time", async () => {
  await later(async () => {
    assertEquals(performance.now(), 1500);
    assertEquals(performance.timeOrigin, START);
    const mark = performance.mark("begin");
    await sleep(10);
    assertEquals(mark.startTime, 1500);
    assertEquals(performance.measure("part", "begin").duration, 10);
    assertEquals(performance.measure("all").duration, 1510);
    assertEquals(performance.mark("set", { startTime: 3 }).startTime, 3);
    const measure = performance.measure("given", { start: 1, end: 4 });
    assertEquals(measure.duration, 3);
    performance.clearMarks();
    performance.clearMeasures();
  });
});

Deno.test("the clocks of node:process take virtual time", async () => {
  await later(() => {
    assertEquals(process.hrtime(), [1, 500_000_000]);
    assertEquals(process.hrtime([1, 0]), [0, 500_000_000]);
    assertEquals(process.hrtime.bigint(), 1_500_000_000n);
    assertEquals(process.uptime(), 1.5);
  });
});

Deno.test({
  name: "Temporal.Now takes virtual time",
  ignore: !("Temporal" in globalThis),
  fn: () =>
    later(() => {
      const instant = Temporal.Now.instant();
      assertEquals(instant.epochMilliseconds, START + 1500);
      assertEquals(Temporal.Now.plainTimeISO("UTC").toString(), "00:00:01.5");
      assertEquals(Temporal.Now.plainDateISO("UTC").toString(), "2030-01-01");
      assertEquals(
        Temporal.Now.plainDateTimeISO("UTC").toString(),
        "2030-01-01T00:00:01.5",
      );
      assert(Temporal.Now.zonedDateTimeISO().toInstant().equals(instant));
    }),
});

Deno.test("AbortSignal.timeout() aborts in virtual time, with the runtime's error", async () => {
  await runInVirtualTime({ seed: 1 }, async () => {
    const signal = AbortSignal.timeout(50);
    const any = AbortSignal.any([signal, new AbortController().signal]);
    await new Promise((resolve) => any.addEventListener("abort", resolve));
    assertEquals(performance.now(), 50);
    assert(signal.reason instanceof DOMException);
    assertEquals(signal.reason.name, "TimeoutError");
    assertThrows(() => AbortSignal.timeout(-1));
    assertThrows(() => AbortSignal.timeout(NaN));
    assertThrows(() => Reflect.apply(AbortSignal.timeout, null, []));
  });
});

Deno.test("a long AbortSignal.timeout() is not cut to 31 bits", async () => {
  const days = 30 * 86_400_000;
  await runInVirtualTime({ seed: 1, maxTime: 2 * days }, async () => {
    const signal = AbortSignal.timeout(days);
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    assertEquals(performance.now(), days);
  });
});
