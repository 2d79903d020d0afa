import type { SocketOptions } from "./load.ts";

/** What is opened with options of C. */
interface WithSocketOptions {
  socketOptions?: Partial<SocketOptions> | undefined;
}

/**
 * Returns the options of these names, each read once, also those of C: what is checked
 * is what is used.
 */
export function readOptions<T extends WithSocketOptions, K extends keyof T>(
  options: T,
  names: readonly K[],
): Pick<T, K | "socketOptions"> {
  const read = names.map((name) => [name, options[name]]);
  const { socketOptions } = options;
  const own = socketOptions && { ...socketOptions };
  return { ...Object.fromEntries(read), socketOptions: own };
}
