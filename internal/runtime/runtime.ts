/** Whether the runtime is Deno. Elsewhere it has the API of Node: so does Bun. */
export const isDeno: boolean = typeof Deno !== "undefined";

/** Whether the program was started with `--unstable-net`, a flag of Deno. */
export function hasUnstableNet(): boolean {
  if (!isDeno) return false;
  const { listenDatagram } = Deno as { listenDatagram?: unknown };
  return typeof listenDatagram === "function";
}

/** What this folder uses of `process`, a global of Node and Bun. */
interface NodeProcess {
  readonly platform: string;
  readonly arch: string;
  readonly env: Record<string, string | undefined>;
  cwd(): string;
  umask(mask?: number): number;
  getBuiltinModule(id: string): unknown;
}

/** Returns `process`; for use outside Deno. */
export function nodeProcess(): NodeProcess {
  return (globalThis as unknown as { process: NodeProcess }).process;
}

/**
 * Returns a built-in module of type `M` in the same turn, loaded at its first use; for
 * use outside Deno. Declarations of this package name no types of Node, which a program
 * may lack.
 */
export function builtIn<M>(id: string): M {
  return nodeProcess().getBuiltinModule(id) as M;
}

/** The name of an operating system, as `Deno.build.os` has it. */
export type SystemName =
  | "darwin"
  | "linux"
  | "android"
  | "windows"
  | "freebsd"
  | "netbsd"
  | "aix"
  | "solaris"
  | "illumos";

/** Node's names, where they are others. */
const NODE_SYSTEMS: Readonly<Record<string, SystemName>> = {
  win32: "windows",
  sunos: "solaris",
};
const NODE_MACHINES: Readonly<Record<string, string>> = {
  x64: "x86_64",
  arm64: "aarch64",
};

/** The operating system. */
export const SYSTEM: SystemName = isDeno ? Deno.build.os : nodeSystem();

/** The machine's architecture, as `Deno.build.arch` has it: `"x86_64"`, `"aarch64"`. */
export const MACHINE: string = isDeno ? Deno.build.arch : nodeMachine();

function nodeSystem(): SystemName {
  const { platform } = nodeProcess();
  return NODE_SYSTEMS[platform] ?? platform as SystemName;
}

function nodeMachine(): string {
  const { arch } = nodeProcess();
  return NODE_MACHINES[arch] ?? arch;
}

type Timer = ReturnType<typeof setTimeout>;
/** A timer of Node and Bun. */
interface NodeTimer {
  ref(): unknown;
  unref(): unknown;
}

/** Lets a timer keep the program alive. */
export function refTimer(timer: Timer): void {
  if (isDeno) Deno.refTimer(timer);
  else (timer as unknown as NodeTimer).ref();
}

/** Lets the program end while a timer is pending. */
export function unrefTimer(timer: Timer): void {
  if (isDeno) Deno.unrefTimer(timer);
  else (timer as unknown as NodeTimer).unref();
}

/** The key of the method that returns what `console.log` prints of an object. */
export const INSPECT: symbol = Symbol.for(
  isDeno ? "Deno.customInspect" : "nodejs.util.inspect.custom",
);

/** What `console.log` passes to the method: Deno first the function, Node last. */
type InspectArgument = ((value: unknown, options?: unknown) => string) | object;

/**
 * Has `console.log` print the objects of a class by their class and these fields,
 * without those that are undefined.
 */
export function showFields<T extends object>(
  prototype: T,
  fieldsOf: (object: T) => object,
): void {
  Object.defineProperty(prototype, INSPECT, {
    configurable: true,
    writable: true,
    value(this: T, ...args: InspectArgument[]): string {
      const { name } = this.constructor;
      const inspect = args.find((arg) => typeof arg === "function");
      const options = args.find((arg) => typeof arg === "object");
      // Prototypes have no fields.
      if (inspect === undefined || Object.hasOwn(this, "constructor")) {
        return name;
      }
      const fields = Object.entries(fieldsOf(this))
        .filter(([, value]) => value !== undefined);
      return `${name} ${inspect(Object.fromEntries(fields), options)}`;
    },
  });
}

/**
 * Returns a function that loads a module at its first call, and has it afterwards:
 * `import()` takes several turns of Node's event loop each time.
 */
export function loadOnce<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined;
  return () => {
    if (loaded === undefined) {
      loaded = load();
      loaded.catch(() => loaded = undefined); // it may have lacked a descriptor
    }
    return loaded;
  };
}
