/**
 * Looks up many names at the same time in a process that may open few files, and
 * prints how each look-up ended.
 *
 * @module
 */
import { Resolver } from "../../resolve/mod.ts";
import { endOf } from "./_codes.ts";

// Deno 2.9 panics where it first needs signals while no descriptor is left.
const ignore = () => {};
Deno.addSignalListener("SIGUSR2", ignore);
Deno.removeSignalListener("SIGUSR2", ignore);

const [port, count] = Deno.args.map(Number);
const resolver = new Resolver({
  nameServers: [{ hostname: "127.0.0.1", port: port! }],
  hosts: false,
  timeout: 30_000,
});
const ends = await Promise.all(
  Array.from(
    { length: count! },
    (_, i) => endOf(resolver.getAddrInfo(`n${i}.test`, 80, { socktype: 1 })),
  ),
);
const found = ends.filter((end) => end.includes("192.0.2.1")).length;
console.log(
  JSON.stringify({ found, failed: [...new Set(ends)].filter(isCode) }),
);

function isCode(end: string | string[]): boolean {
  return typeof end === "string";
}
