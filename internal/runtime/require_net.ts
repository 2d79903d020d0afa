import { makeError } from "./error_class.ts";
import { isGranted, permissionState } from "./permission.ts";

/** How the permissions of the runtime name a host and a port. */
function hostOf(hostname: string, port: number): string {
  return hostname.includes(":")
    ? `[${hostname}]:${port}`
    : `${hostname}:${port}`;
}

function refuse(what: string): never {
  throw makeError(
    "NotCapable",
    `Requires net access to ${what}, run again with the --allow-net flag`,
  );
}

/**
 * Throws, as the runtime's own calls do, where the program may not use a host.
 *
 * For APIs that report it where nobody can catch it, so that the program ends
 * (`node:net` when it listens, `node:dgram` when it binds), or not at all (libc).
 *
 * @throws {Error} `Deno.errors.NotCapable`, when net access to the host is not granted.
 */
export function requireNet(hostname: string, port: number): void {
  const host = hostOf(hostname, port);
  if (!isGranted({ name: "net", host })) refuse(`"${host}"`);
}

/**
 * Throws if net access to a host was denied, as by `--deny-net`. It need not have
 * been granted.
 *
 * @throws {Error} `Deno.errors.NotCapable`, if it was denied.
 */
export function requireNotDenied(hostname: string, port: number): void {
  const host = hostOf(hostname, port);
  if (permissionState({ name: "net", host }).state === "denied") {
    refuse(`"${host}"`);
  }
}

/** Whether the program may use every host: all are granted, and none is denied. */
export function isAllNet(): boolean {
  const { state, partial } = permissionState({ name: "net" });
  return state === "granted" && !partial; // partial: some hosts are denied
}

/**
 * Throws unless the program may use every host, for what has no address that could
 * be checked.
 *
 * @throws {Error} `Deno.errors.NotCapable`, if a host is not granted, or denied.
 */
export function requireAllNet(): void {
  if (!isAllNet()) refuse("all hosts");
}
