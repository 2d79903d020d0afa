import { assert, assertEquals } from "@std/assert";
import { describeFailure } from "../../../testing/_sim/failure.ts";

const SIMULATION = { seed: 42, trace: "the trace", refused: [] };

Deno.test("describeFailure() adds the seed once to the error that was thrown", () => {
  const error = new RangeError("Cannot do it");
  const failure = describeFailure(error, SIMULATION);
  assert(failure === error);
  assertEquals(failure.message, "Cannot do it (seed 42)");
  assert(failure.stack!.startsWith("RangeError: Cannot do it (seed 42)\n"));
  assertEquals(Reflect.get(failure, "simulation"), {
    seed: 42,
    trace: "the trace",
  });
  assert(!Deno.inspect(failure).includes("the trace"));
  describeFailure(failure, { ...SIMULATION, seed: 7 });
  assertEquals(failure.message, "Cannot do it (seed 42)");
});

Deno.test("describeFailure() names the host and the I/O that was refused", () => {
  const failure = describeFailure(new Error("no"), {
    ...SIMULATION,
    where: "db",
    refused: ["Deno.connect()"],
  });
  assertEquals(
    failure.message,
    "no (on host db, Deno.connect() was refused, seed 42)",
  );
});

Deno.test("describeFailure() leaves the lines of a long message as they are", () => {
  const failure = describeFailure(new Error("a\n+ b"), SIMULATION);
  assertEquals(failure.message, "a\n+ b\n(seed 42)");
  assertEquals(describeFailure(new Error(), SIMULATION).message, "(seed 42)");
});

Deno.test("describeFailure() changes the message of a DOMException", () => {
  const error = new DOMException("aborted", "AbortError");
  const failure = describeFailure(error, SIMULATION);
  assert(failure === error);
  assertEquals(failure.message, "aborted (seed 42)");
  assertEquals(failure.name, "AbortError");
});

Deno.test("describeFailure() wraps what is no error, and errors that are frozen", () => {
  for (const thrown of ["text", 5, undefined, null, Symbol("s"), { a: 1 }]) {
    const failure = describeFailure(thrown, SIMULATION);
    assert(failure.message.startsWith("The simulated test threw "));
    assert(failure.message.endsWith(" (seed 42)"));
    assertEquals(failure.cause, thrown);
  }
  const frozen = Object.freeze(new TypeError("frozen"));
  const failure = describeFailure(frozen, SIMULATION);
  assertEquals(failure.message, "frozen (seed 42)");
  assert(failure.cause === frozen);
});
