/** What this folder uses of `process`, a global of Node and Bun. */
interface NodeProcess {
  readonly platform: string;
  readonly arch: string;
  readonly env: Record<string, string | undefined>;
  cwd(): string;
  umask(mask?: number): number;
  getBuiltinModule(id: string): unknown;
}

/** The built-in modules of Node that this folder uses. */
interface BuiltIns {
  readonly "node:fs": typeof import("node:fs");
  readonly "node:os": typeof import("node:os");
  readonly "node:worker_threads": typeof import("node:worker_threads");
}

/** Returns `process`; for use outside Deno. */
export function nodeProcess(): NodeProcess {
  return (globalThis as unknown as { process: NodeProcess }).process;
}

/**
 * Returns a built-in module in the same turn, loaded at its first use; for use
 * outside Deno.
 */
export function builtIn<K extends keyof BuiltIns>(id: K): BuiltIns[K] {
  return nodeProcess().getBuiltinModule(id) as BuiltIns[K];
}
