import process from "node:process";
import { setRealIoCheck } from "../../../internal/runtime/mod.ts";
import { globalObject, type Patches } from "./patches.ts";
import { currentScope, type Scope } from "./scope.ts";

type Call = (...args: unknown[]) => unknown;

/** Functions of `Deno` that reject inside of a simulation. */
const REJECTING = [
  ...["connect", "connectTls", "startTls", "resolveDns", "spawnAndWait"],
  ...["open", "create", "readFile", "readTextFile", "writeFile"],
  ...["writeTextFile", "copyFile", "mkdir", "makeTempDir", "makeTempFile"],
  ...["readLink", "realPath", "remove", "rename", "stat", "lstat", "symlink"],
  ...["link", "chmod", "chown", "truncate", "utime", "openKv"],
];

/** Functions of `Deno` that throw inside of a simulation. */
const THROWING = [
  ...["listen", "listenTls", "listenDatagram", "serve", "serveHttp"],
  ...["spawn", "readDir", "watchFs"],
];

/** Methods of open files that reject inside of a simulation. */
const FILE_METHODS = [
  ...["read", "write", "seek", "stat", "sync", "syncData", "truncate", "utime"],
  ...["lock", "unlock"],
];

/** Global classes whose objects do real I/O, or run beside the clock. */
const CLASSES = ["WebSocket", "WebSocketStream", "EventSource", "Worker"];

/** Methods of classes of `node:` modules: these work however a program imports them. */
const NODE_METHODS: readonly [module: string, className: string, string[]][] = [
  ["net", "Socket", ["connect"]],
  ["net", "Server", ["listen"]],
  ["dgram", "Socket", ["bind", "connect", "send"]],
  ["child_process", "ChildProcess", ["spawn"]],
];

/**
 * Functions of `node:dns` and `node:dns/promises`, of their default exports only, and
 * methods of their classes `Resolver`.
 */
const NODE_DNS = /^(lookup|resolve|reverse)/;

/** The error of real I/O inside of a simulation, which remembers it. */
function refuse(scope: Scope, name: string): Error {
  scope.world.refuse(name);
  return new Error(
    `Cannot use ${name} inside of simulate(): it works in real time. Use the functions of a simulated host, or network.real(() => …) for work that has to be real`,
  );
}

/** Whether `node:net` connects over a stream: `node:tls` of Bun passes one in a list. */
function isOverStream(options: unknown): boolean {
  return Array.isArray(options) && options[0]?.socket !== undefined;
}

/** Makes a function that fails inside of a simulation. */
function guarded(
  name: string,
  original: () => unknown,
  rejects: boolean,
): Call {
  return function (this: unknown, ...args: unknown[]): unknown {
    const scope = currentScope();
    if (scope === undefined || isOverStream(args[0])) {
      return Reflect.apply(original() as Call, this, args);
    }
    const error = refuse(scope, `${name}()`);
    if (rejects) return Promise.reject(error);
    throw error;
  };
}

/** Makes a class that cannot be constructed inside of a simulation. */
function guardedClass(name: string, original: () => unknown): unknown {
  return new Proxy(original() as new (...args: unknown[]) => object, {
    construct(target, args, newTarget): object {
      const scope = currentScope();
      if (scope !== undefined) throw refuse(scope, `new ${name}()`);
      return Reflect.construct(target, args, newTarget);
    },
  });
}

function guardDeno(patches: Patches): void {
  const deno = globalObject("Deno");
  if (deno === undefined) return;
  for (const key of [...REJECTING, ...THROWING]) {
    const name = `Deno.${key}`;
    const rejects = REJECTING.includes(key);
    patches.replace(
      deno,
      key,
      name,
      (original) => guarded(name, original, rejects),
    );
  }
  const { prototype } = Reflect.get(deno, "FsFile");
  for (const key of FILE_METHODS) {
    const name = `Deno.FsFile.${key}`;
    patches.replace(
      prototype,
      key,
      name,
      (original) => guarded(name, original, true),
    );
  }
  patches.replace(
    deno,
    "Command",
    "Deno.Command",
    (original) => guardedClass("Deno.Command", original),
  );
}

function guardNode(patches: Patches): void {
  for (const [module, className, methods] of NODE_METHODS) {
    const exports = process.getBuiltinModule(module) as object;
    const { prototype } = Reflect.get(exports, className);
    for (const method of methods) {
      const name = `node:${module} ${className}.${method}`;
      patches.replace(
        prototype,
        method,
        name,
        (original) => guarded(name, original, false),
      );
    }
  }
  const dns = process.getBuiltinModule("dns") as unknown as {
    Resolver: { prototype: object };
    promises: { Resolver: { prototype: object } };
  };
  guardDns(patches, dns, "", false);
  guardDns(patches, dns.Resolver.prototype, "Resolver.", false);
  guardDns(patches, dns.promises, "", true);
  guardDns(patches, dns.promises.Resolver.prototype, "Resolver.", true);
}

/** Guards the functions of an object that look names up. */
function guardDns(
  patches: Patches,
  target: object,
  prefix: string,
  rejects: boolean,
): void {
  const keys = Object.getOwnPropertyNames(target);
  for (const key of keys.filter((key) => NODE_DNS.test(key))) {
    const name = `node:dns ${prefix}${key}`;
    patches.replace(
      target,
      key,
      name,
      (original) => guarded(name, original, rejects),
    );
  }
}

/** Makes real I/O fail inside of a simulation, as far as it can be replaced. */
export function guardIo(patches: Patches): void {
  guardDeno(patches);
  guardNode(patches);
  setRealIoCheck((name) => {
    const scope = currentScope();
    if (scope !== undefined) throw refuse(scope, name);
  });
  patches.replace(
    globalThis,
    "fetch",
    "fetch",
    (original) => guarded("fetch", original, true),
  );
  for (const name of CLASSES) {
    patches.replace(
      globalThis,
      name,
      name,
      (original) => guardedClass(name, original),
    );
  }
}
