import type { Random } from "../../_random.ts";
import type { Patches } from "./patches.ts";
import { currentScope } from "./scope.ts";

type Original<T extends (...args: never[]) => unknown> = () => T;

/** Fills a typed array with bytes. */
function fill(view: ArrayBufferView, random: Random): void {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  for (let i = 0; i < bytes.length; i++) bytes[i] = random.next() * 256;
}

/** Returns a UUID of version 4 (RFC 9562, section 5.4). */
function makeUuid(random: Random): string {
  const bytes = random.bytes(16);
  bytes[6] = bytes[6]! & 0x0f | 0x40;
  bytes[8] = bytes[8]! & 0x3f | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"))
    .join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** Replaces what draws random numbers by the numbers of the seed. */
export function patchRandom(patches: Patches): void {
  patches.replace(
    Math,
    "random",
    "Math.random",
    (original) => {
      const outer = (original as Original<() => number>)();
      return function random(): number {
        const scope = currentScope();
        return scope === undefined ? outer() : scope.mathRandom.next();
      };
    },
  );
  const { prototype } = Crypto;
  patches.replace(
    prototype,
    "getRandomValues",
    "crypto.getRandomValues",
    (original) => {
      const outer = original() as Crypto["getRandomValues"];
      return function getRandomValues(
        this: Crypto,
        ...args: [ArrayBufferView]
      ) {
        const scope = currentScope();
        // The original also refuses what it cannot fill.
        const result = Reflect.apply(outer, this, args);
        if (scope !== undefined) fill(args[0], scope.cryptoRandom);
        return result;
      };
    },
  );
  patches.replace(
    prototype,
    "randomUUID",
    "crypto.randomUUID",
    (original) => {
      const outer = original() as () => string;
      return function randomUUID(this: Crypto): string {
        const scope = currentScope();
        return scope === undefined
          ? Reflect.apply(outer, this, [])
          : makeUuid(scope.cryptoRandom);
      };
    },
  );
}
