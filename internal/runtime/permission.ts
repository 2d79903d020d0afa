import { isDeno } from "./is_deno.ts";

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
