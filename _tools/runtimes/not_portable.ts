/**
 * What tests that need Deno meet on Node and Bun.
 *
 * @module
 */

/** Thrown where a test uses what only Deno has: the test is skipped. */
export class NotPortable extends Error {
  /** Says what the test needs. */
  constructor(name: string) {
    super(`needs ${name}`);
  }
}

/** Returns the object, whose other properties throw `NotPortable`. */
export function onlyThese<T extends object>(name: string, object: T): T {
  return new Proxy(object, {
    get(target, key, receiver) {
      if (key in target || typeof key === "symbol") {
        return Reflect.get(target, key, receiver);
      }
      throw new NotPortable(`${name}.${key}`);
    },
  });
}
