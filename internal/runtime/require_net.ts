/** How the permissions of the runtime name a host and a port. */
function hostOf(hostname: string, port: number): string {
  return hostname.includes(":")
    ? `[${hostname}]:${port}`
    : `${hostname}:${port}`;
}

function refuse(what: string): never {
  throw new Deno.errors.NotCapable(
    `Requires net access to ${what}, run again with the --allow-net flag`,
  );
}

/**
 * Throws, as the runtime's own calls do, where the program may not use a host.
 *
 * For APIs that report it where nobody can catch it, so that the program ends
 * (`node:net` when it listens, `node:dgram` when it binds), or not at all (libc).
 *
 * @throws {Deno.errors.NotCapable} When net access to the host is not granted.
 */
export function requireNet(hostname: string, port: number): void {
  const host = hostOf(hostname, port);
  const { state } = Deno.permissions.querySync({ name: "net", host });
  if (state !== "granted") refuse(`"${host}"`);
}

/**
 * Throws if net access to a host was denied, as by `--deny-net`. It need not have
 * been granted.
 *
 * @throws {Deno.errors.NotCapable} If it was denied.
 */
export function requireNotDenied(hostname: string, port: number): void {
  const host = hostOf(hostname, port);
  const { state } = Deno.permissions.querySync({ name: "net", host });
  if (state === "denied") refuse(`"${host}"`);
}

/** Whether the program may use every host: all are granted, and none is denied. */
export function isAllNet(): boolean {
  const { state, partial } = Deno.permissions.querySync({ name: "net" });
  return state === "granted" && !partial; // partial: some hosts are denied
}

/**
 * Throws unless the program may use every host, for what has no address that could
 * be checked.
 *
 * @throws {Deno.errors.NotCapable} If a host is not granted, or denied.
 */
export function requireAllNet(): void {
  if (!isAllNet()) refuse("all hosts");
}
