/**
 * What a look-up ended with, as a value.
 *
 * @module
 */
import { AddrInfoError, SocketError } from "../../errors/mod.ts";
import type { AddrInfo } from "../../resolve/mod.ts";

/** The distinct addresses of a look-up in their order, or the code that it failed with. */
export async function endOf(
  work: Promise<AddrInfo[]>,
): Promise<string | string[]> {
  try {
    return [...new Set((await work).map(({ address }) => address.hostname))];
  } catch (error) {
    if (error instanceof AddrInfoError || error instanceof SocketError) {
      return error.code;
    }
    throw error;
  }
}
