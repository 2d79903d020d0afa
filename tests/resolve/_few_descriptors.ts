/**
 * Looks up many names at the same time in a process that may open few files, and
 * prints how each look-up ended.
 *
 * @module
 */
import { AF_INET, AF_INET6 } from "../../address/mod.ts";
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
// Each family by itself: a look-up for both does not wait long for the other one.
const names = await Promise.all(
  Array.from(
    { length: count! },
    (_, i) =>
      Promise.all([AF_INET, AF_INET6].map((family) =>
        endOf(
          resolver.getAddrInfo(`n${i}.test`, 80, { family, socktype: 1 }),
        )
      )),
  ),
);
const found =
  names.filter((ends) => String(ends) === "192.0.2.1,2001:db8::1").length;
const ends = names.flat();
console.log(
  JSON.stringify({ found, failed: [...new Set(ends)].filter(isCode) }),
);

function isCode(end: string | string[]): boolean {
  return typeof end === "string";
}
