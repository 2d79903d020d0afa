import { isGranted } from "./permission.ts";

/**
 * Whether net access is granted to a host under its name, and not to all: its
 * addresses may not be used then, and the runtime itself has to look it up.
 */
export function isNetByName(hostname: string, port: number): boolean {
  return !isGranted({ name: "net" }) &&
    isGranted({ name: "net", host: `${hostname}:${port}` });
}
