/**
 * The `Deno` of the tests on Node and Bun: what they use of it, over Node's modules.
 *
 * `hooks.mjs` imports it into the files of `tests/` and `offline/` that say `Deno`. It
 * is no global, so the library runs without one. A test that uses more of Deno is
 * skipped: it tests Deno's API, permissions or programs.
 *
 * @module
 */
import * as fs from "node:fs";
import { arch, hostname } from "node:os";
import process from "node:process";
import { inspect } from "node:util";
import { Command } from "./command.ts";
import { errors } from "./errors.ts";
import * as files from "./files.ts";
import { onlyThese } from "./not_portable.ts";
import { register, registerAfterEach } from "./register.ts";

type Timer = ReturnType<typeof setTimeout>;

/** What tests use of `Deno`. */
export const Deno: object = onlyThese("Deno", {
  ...files,
  Command,
  errors: onlyThese("Deno.errors", errors),
  test: Object.assign(register, { afterEach: registerAfterEach }),
  args: process.argv.slice(2),
  build: {
    os: process.platform === "win32" ? "windows" : process.platform,
    arch: arch() === "arm64" ? "aarch64" : "x86_64",
  },
  chdir: process.chdir,
  cwd: process.cwd,
  env: { get: (name: string) => process.env[name] },
  gid: () => process.getgid?.() ?? null,
  hostname,
  inspect: (value: unknown, options: object = {}) =>
    inspect(value, { depth: 4, ...options }),
  memoryUsage: process.memoryUsage,
  /** Everything is permitted. */
  permissions: { querySync: () => ({ state: "granted" }) },
  pid: process.pid,
  refTimer: (timer: Timer) => timer.ref(),
  uid: () => process.getuid?.() ?? null,
  umask: (mask?: number) =>
    mask === undefined ? process.umask() : process.umask(mask),
  unrefTimer: (timer: Timer) => timer.unref(),
  addSignalListener: (name: string, listener: () => void) =>
    process.on(name, listener),
  removeSignalListener: (name: string, listener: () => void) =>
    process.off(name, listener),
  readLinkSync: (path: string) => fs.readlinkSync(path),
});
