import { makeError } from "./error_class.ts";
import { isDeno } from "./runtime.ts";

/** A permission of Deno, for everything or for a part. */
export type Permission =
  | { readonly name: "net"; readonly host?: string }
  | { readonly name: "read" | "write" | "ffi"; readonly path?: string }
  | { readonly name: "env"; readonly variable?: string }
  | { readonly name: "sys"; readonly kind?: string }
  | { readonly name: "run" | "import" };

/** Whether a program has a permission. */
export interface PermissionState {
  /** `"prompt"`: neither granted nor denied. */
  readonly state: "granted" | "prompt" | "denied";
  /** Whether a part of what is granted is denied. */
  readonly partial: boolean;
}

const GRANTED: PermissionState = { state: "granted", partial: false };

/**
 * Returns whether the program has a permission. Other runtimes than Deno have none
 * of these, and permit everything. Never prompts.
 */
export function permissionState(permission: Permission): PermissionState {
  if (!isDeno) return GRANTED;
  return Deno.permissions.querySync(permission as Deno.PermissionDescriptor);
}

/** Whether a permission is granted, though a part of it may be denied. Never prompts. */
export function isGranted(permission: Permission): boolean {
  return permissionState(permission).state === "granted";
}

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

/**
 * Whether net access is granted to a host under its name, and not to all: its
 * addresses may not be used then, and the runtime itself has to look it up.
 */
export function isNetByName(hostname: string, port: number): boolean {
  return !isGranted({ name: "net" }) &&
    isGranted({ name: "net", host: `${hostname}:${port}` });
}

let check: ((name: string) => void) | undefined;

/**
 * Sets what throws where a program must do no real I/O, inside of a simulation. It is
 * for the calls that no global of the runtime stands for.
 */
export function setRealIoCheck(throws: (name: string) => void): void {
  check = throws;
}

/** Throws if the caller is inside of a simulation. */
export function checkRealIo(name: string): void {
  check?.(name);
}
