/**
 * What the package asks of the runtime besides sockets: Deno, or one with the API of
 * Node, such as Node and Bun. Every other file of the package is free of `Deno`, except
 * those that carry sockets over it.
 *
 * Private to the package. Nothing prompts.
 *
 * - {@linkcode isDeno}: whether the runtime is Deno; {@linkcode hasUnstableNet}: with
 *   `--unstable-net`; {@linkcode refTimer}, {@linkcode unrefTimer}: which timers keep the
 *   program alive; {@linkcode INSPECT}, {@linkcode showFields}: how `console.log`
 *   prints an object; {@linkcode loadOnce}: loads a module at its first use.
 * - {@linkcode permissionState}, {@linkcode isGranted}: permissions; everything is
 *   granted outside Deno.
 * - {@linkcode requireNet}: refuses a host that lacks `--allow-net`.
 * - {@linkcode requireAllNet}, {@linkcode isAllNet}: access to every host.
 * - {@linkcode requireNotDenied}: refuses a host that has `--deny-net`.
 * - {@linkcode requireUnix}, {@linkcode requireUnixNotDenied},
 *   {@linkcode missingUnixFlags}: the same for local sockets.
 * - {@linkcode checkRealIo}: refuses real I/O inside of a simulation.
 * - {@linkcode isNetByName}: whether `--allow-net` names a host, not its address.
 * - {@linkcode libcObstacle}, {@linkcode libcPaths}: whether and by which paths the
 *   program may open libc.
 * - {@linkcode errorClass}, {@linkcode isError}, {@linkcode makeError}: the runtime's
 *   classes of errors.
 * - {@linkcode SYSTEM}, {@linkcode MACHINE}: the operating system and the architecture;
 *   {@linkcode hostName}, {@linkcode hostInterfaces}, {@linkcode nameServerTexts},
 *   {@linkcode envVariable}: the host.
 * - {@linkcode stat}, {@linkcode readTextFile}, {@linkcode openFolderLock},
 *   {@linkcode setUmask} and the others of `files.ts`: files.
 *
 * It has few files, since each costs a tenth of a millisecond at the start of a program.
 *
 * @module
 */
export * from "./error_class.ts";
export * from "./files.ts";
export * from "./host.ts";
export * from "./libc_paths.ts";
export * from "./permission.ts";
export * from "./require_unix.ts";
export * from "./runtime.ts";
