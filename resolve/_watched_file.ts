import { isGranted, readTextFile, stat } from "../internal/runtime/mod.ts";

/** A file is looked at no more often than this, in milliseconds. */
const RECHECK_MS = 1000;

/**
 * A parsed file that is read again when it changes, at most once a second, and
 * only while reading it is permitted: it never makes the runtime prompt.
 */
export class WatchedFile<T> {
  readonly #path: string;
  readonly #parse: (text: string) => T;
  readonly #now: () => number;
  #checked = -Infinity;
  #stamp = "";
  #value: T | undefined;

  constructor(path: string, parse: (text: string) => T, now: () => number) {
    this.#path = path;
    this.#parse = parse;
    this.#now = now;
  }

  /** What the file holds, or undefined where it cannot be read. */
  current(): T | undefined {
    const now = this.#now();
    // Whichever way a clock was set meanwhile.
    if (Math.abs(now - this.#checked) >= RECHECK_MS) {
      this.#checked = now;
      this.#reload();
    }
    return this.#value;
  }

  #reload(): void {
    try {
      const path = this.#path;
      if (!isGranted({ name: "read", path })) {
        this.#forget();
        return;
      }
      const { isFile, mtime, size, ino } = stat(path);
      if (!isFile) { // reading a pipe or a device may never end
        this.#forget();
        return;
      }
      const stamp = `${mtime?.getTime()} ${size} ${ino}`;
      if (stamp === this.#stamp) return;
      this.#value = this.#parse(readTextFile(path));
      this.#stamp = stamp;
    } catch {
      this.#forget(); // as where there is no such file
    }
  }

  #forget(): void {
    this.#value = undefined;
    this.#stamp = "";
  }
}
