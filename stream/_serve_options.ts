import { checkNumber, checkType } from "../internal/check/mod.ts";
import type { StreamConn } from "./conn.ts";

/** How to serve. */
export interface ServeOptions<C extends StreamConn = StreamConn> {
  /**
   * The most connections at a time. When there are so many, the server stops
   * accepting until one ends; further clients wait in the kernel's queue, over
   * `"node"` in the program.
   *
   * @default {10000}
   */
  maxConnections?: number | undefined;
  /**
   * After how many milliseconds without a byte in either direction a connection
   * is closed; 0 for never.
   *
   * @default {0}
   */
  idleTimeout?: number | undefined;
  /**
   * Called when a handler throws, with its connection, and when an accept fails,
   * without one.
   *
   * @default {console.error}
   */
  onError?: ((error: unknown, conn?: C) => void) | undefined;
  /** If aborted, the server shuts down at once. */
  signal?: AbortSignal | undefined;
}

/** Reads each option once, and refuses bad ones. */
export function readServeOptions<C extends StreamConn>(
  options: ServeOptions<C>,
  handler: unknown,
): ServeOptions<C> {
  const { maxConnections, idleTimeout, onError, signal } = options;
  if (maxConnections !== undefined) {
    checkNumber("maxConnections", maxConnections, 1);
  }
  if (idleTimeout !== undefined) checkNumber("idleTimeout", idleTimeout, 0);
  checkType("onError", onError, "function");
  if (typeof handler !== "function") {
    throw new TypeError("Cannot serve: handler must be a function");
  }
  return { maxConnections, idleTimeout, onError, signal };
}
