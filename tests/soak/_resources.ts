/**
 * What a program holds: memory, and sockets as the system counts them.
 *
 * @module
 */

/** Memory in use after a collection of garbage, in bytes. */
export interface Memory {
  /** Objects, and the buffers that they hold. */
  held: number;
  /** All of the process that is in memory. */
  resident: number;
}

/** Collects garbage, where the program was started with `--expose-gc`. */
async function collect(): Promise<void> {
  const { gc } = globalThis as { gc?: () => void };
  for (let i = 0; i < 3; i++) {
    gc?.();
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

/** Measures, after a collection of garbage. */
export async function memory(): Promise<Memory> {
  await collect();
  const { heapUsed, external, rss } = Deno.memoryUsage();
  return { held: heapUsed + external, resident: rss };
}

/**
 * How many network sockets this process has open; undefined where the system
 * does not tell.
 */
export function openSockets(): number | undefined {
  try {
    const ownOfRuntime = unixSockets();
    let count = 0;
    for (const { name } of Deno.readDirSync("/proc/self/fd")) {
      const socket = socketOf(name);
      if (socket !== undefined && !ownOfRuntime.has(socket)) count++;
    }
    return count;
  } catch {
    return undefined;
  }
}

/** The inodes of all Unix sockets: the runtime makes some for its own use. */
function unixSockets(): Set<string> {
  const lines = Deno.readTextFileSync("/proc/net/unix").split("\n");
  return new Set(lines.map((line) => line.split(/\s+/)[6] ?? ""));
}

/** The inode of the socket behind a descriptor, if it is one. */
function socketOf(descriptor: string): string | undefined {
  try {
    const target = Deno.readLinkSync(`/proc/self/fd/${descriptor}`);
    return /^socket:\[(\d+)\]$/.exec(target)?.[1];
  } catch {
    return undefined; // closed meanwhile, such as the folder's own descriptor
  }
}

/** Waits until no more sockets are open than before; how many there are then. */
export async function socketsAfterClosing(
  before: number,
): Promise<number | undefined> {
  for (let turn = 0;; turn++) {
    const now = openSockets();
    // The runtime closes some descriptors a few turns after it was asked to.
    if (now === undefined || now <= before || turn === 200) return now;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
