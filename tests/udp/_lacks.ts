/**
 * What the transports cannot do, and what their errors advise: the other side of
 * the table in the docs.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { NotSupportedError } from "@berkeley/sockets/errors";

/** An option that some transport lacks. */
export type Option = "ttl" | "interface" | "loopback" | "source";

const NODE = 'backend: "node"';
const LIBC = "with --allow-ffi";
const POSIX = 'backend: "posix", which needs --allow-ffi';

const LACKS: Record<string, Partial<Record<Option, string>>> = {
  "deno 4": { ttl: NODE, interface: NODE, loopback: NODE, source: NODE },
  "deno 6": { ttl: LIBC, interface: NODE, loopback: NODE, source: POSIX },
  "node 6": { ttl: LIBC, source: POSIX },
};

/**
 * Whether a transport lacks an option; then also checks that using it is refused
 * with advice that holds.
 */
export async function lacks(
  backend: string,
  family: 4 | 6,
  option: Option,
  use: () => unknown,
): Promise<boolean> {
  const advice = LACKS[`${backend} ${family}`]?.[option];
  if (advice === undefined) return false;
  const error = await Promise.try(use).then(() => undefined, (error) => error);
  assertEquals(error?.constructor, NotSupportedError);
  assertEquals([error.code, error.message.includes(advice)], ["ENOTSUP", true]);
  return true;
}
