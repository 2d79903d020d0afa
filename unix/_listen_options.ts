import {
  checkChoice,
  checkCount,
  checkInteger,
  checkType,
} from "../internal/check/mod.ts";
import { BACKEND_NAMES } from "./_backends.ts";
import { isAbstract } from "./_path.ts";
import type { ListenUnixOptions } from "./listen_options.ts";

/** The options of a listener, each read once. */
export type ListenOptions = {
  readonly [K in keyof Required<ListenUnixOptions>]: ListenUnixOptions[K];
};

/** Reads each option once: what is checked is what is used. */
export function readListenOptions(options: ListenUnixOptions): ListenOptions {
  const { path, mode, replaceStale, backlog, highWaterMark } = options;
  const { backend } = options;
  return { path, mode, replaceStale, backlog, highWaterMark, backend };
}

/** Refuses bad options, beside a path that was checked. */
export function checkListenOptions(options: ListenOptions): void {
  const { path, mode, backlog, highWaterMark } = options;
  if (mode !== undefined) {
    checkInteger("mode", mode, 0, 0o777);
    if (isAbstract(path)) {
      throw new TypeError(
        "Cannot use mode: an abstract name has no file, and everybody on the host can connect",
      );
    }
  }
  checkType("replaceStale", options.replaceStale, "boolean");
  checkCount("backlog", backlog);
  checkCount("highWaterMark", highWaterMark);
  checkChoice("backend", options.backend, BACKEND_NAMES);
}
