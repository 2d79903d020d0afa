import type { World } from "./world.ts";

/** Shows virtual time in a message. */
function show(milliseconds: number): string {
  return `${Math.round(milliseconds * 1000) / 1000} ms`;
}

/** The error of a test that still waits when nothing is to happen any more. */
export function atRest(world: World): Error {
  const pending = world.describePending();
  return new Error(
    `Cannot continue the simulation: the test is still pending at ${
      show(world.now)
    } of virtual time, and no timer and no packet is left that could continue it` +
      (pending.length > 0 ? `; pending: ${pending.join("; ")}` : "") +
      ". Work that has to be real, such as reading a file, needs network.real(() => …)",
  );
}

/** The error of a simulation that takes more virtual time than allowed. */
export function tooLong(maxTime: number): Error {
  return new Error(
    `Cannot continue the simulation: the test is still pending after ${
      show(maxTime)
    } of virtual time, the limit of maxTime`,
  );
}

/** The error of a simulation with more events than allowed. */
export function tooMany(world: World, maxEvents: number): Error {
  return new Error(
    `Cannot continue the simulation: ${maxEvents} events have happened by ${
      show(world.now)
    } of virtual time, the limit of maxEvents`,
  );
}

/** The error of a simulation in which something else replaced the globals. */
export function replaced(name: string): Error {
  return new Error(
    `Cannot continue the simulation: ${name} was replaced inside of it. Its time is virtual already: use FakeTime and other fake timers outside of simulations only`,
  );
}
