/** A property that was replaced. */
interface Patch {
  readonly target: object;
  readonly key: PropertyKey;
  readonly name: string;
  readonly original: PropertyDescriptor;
  /** The value that replaces it; undefined for a getter. */
  readonly replacement: unknown;
}

/** Reads the value of a property that may be loaded when it is first read. */
function read(target: object, property: PropertyDescriptor): unknown {
  return property.get === undefined
    ? property.value
    : Reflect.apply(property.get, target, []);
}

/** Returns a global object or class that not every runtime has. */
export function globalObject(name: string): object | undefined {
  return Reflect.get(globalThis, name);
}

/** Whether a property can be replaced and put back. */
function isChangeable(property: PropertyDescriptor): boolean {
  return property.configurable === true || property.writable === true;
}

/** Properties of global objects that are replaced for a time. */
export class Patches {
  readonly #patches: Patch[] = [];

  /**
   * Replaces a property, if there is one. `make` receives a function that returns the
   * original value: some globals load a module when they are first read.
   */
  replace(
    target: object,
    key: PropertyKey,
    name: string,
    make: (original: () => unknown) => unknown,
  ): void {
    const original = Object.getOwnPropertyDescriptor(target, key);
    if (original === undefined || !isChangeable(original)) return;
    const replacement = make(() => read(target, original));
    this.#patches.push({ target, key, name, original, replacement });
    Object.defineProperty(target, key, {
      value: replacement,
      writable: true,
      enumerable: original.enumerable ?? false,
      configurable: original.configurable ?? false,
    });
  }

  /** Replaces a getter; the original is called where the new one returns undefined. */
  replaceGetter(
    target: object,
    key: PropertyKey,
    get: (this: unknown) => unknown,
  ): void {
    const original = Object.getOwnPropertyDescriptor(target, key);
    const outer = original?.get;
    if (original?.configurable !== true || outer === undefined) return;
    const name = String(key);
    this.#patches.push({ target, key, name, original, replacement: undefined });
    Object.defineProperty(target, key, {
      ...original,
      get(): unknown {
        return Reflect.apply(get, this, []) ??
          Reflect.apply(outer, this, []);
      },
    });
  }

  /** The name of a property whose replacement was itself replaced. */
  findOverwritten(): string | undefined {
    return this.#patches.find(({ target, key, replacement }) =>
      replacement !== undefined && Reflect.get(target, key) !== replacement
    )?.name;
  }

  /** Puts all originals back. */
  restore(): void {
    for (const { target, key, original } of this.#patches.splice(0).reverse()) {
      Object.defineProperty(target, key, original);
    }
  }
}
