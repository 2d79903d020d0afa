import { assertEquals, assertThrows } from "@std/assert";
import { checkWait, type WaitOptions } from "../../../internal/wait/mod.ts";

const wrong = (options: unknown) => options as WaitOptions;

Deno.test("checkWait() refuses what is not a timeout or a signal", () => {
  for (const timeout of ["5", "", null, true, 5n, {}, [5]]) {
    assertThrows(() => checkWait(wrong({ timeout })), TypeError, "timeout");
  }
  for (const timeout of [-1, -Infinity, NaN]) {
    assertThrows(() => checkWait({ timeout }), RangeError, "timeout");
  }
  for (const signal of ["no", null, true, {}, new AbortController()]) {
    assertThrows(() => checkWait(wrong({ signal })), TypeError, "signal");
  }
});

Deno.test("checkWait() quotes a timeout that is text", () => {
  assertThrows(
    () => checkWait(wrong({ timeout: "5" })),
    TypeError,
    'timeout "5"',
  );
});

Deno.test("checkWait() returns undefined if nothing limits the wait", () => {
  const { signal } = new AbortController();
  assertEquals(checkWait(undefined), undefined);
  assertEquals(checkWait({}), undefined);
  assertEquals(checkWait({ timeout: Infinity, signal: undefined }), undefined);
  assertEquals(checkWait({ timeout: 0 }), { signal: undefined, timeout: 0 });
  assertEquals(checkWait({ signal }), { signal, timeout: Infinity });
});

Deno.test("checkWait() throws the reason of an aborted signal", () => {
  let thrown: unknown;
  try {
    checkWait({ signal: AbortSignal.abort("enough") });
  } catch (reason) {
    thrown = reason;
  }
  assertEquals(thrown, "enough");
});

Deno.test("checkWait() reads each option once", () => {
  const read: string[] = [];
  checkWait({
    get timeout() {
      read.push("timeout");
      return 5;
    },
    get signal() {
      read.push("signal");
      return undefined;
    },
  });
  assertEquals(read.toSorted(), ["signal", "timeout"]);
});
