/**
 * Throws, as the runtime's own calls do, where the program may not use a host.
 *
 * For APIs that report it where nobody can catch it, so that the program ends
 * (`node:net` when it listens, `node:dgram` when it binds), or not at all (libc).
 *
 * @throws {Deno.errors.NotCapable} When net access to the host is not granted.
 */
export function requireNet(hostname: string, port: number): void {
  const name = hostname.includes(":") ? `[${hostname}]` : hostname;
  const host = `${name}:${port}`;
  const { state } = Deno.permissions.querySync({ name: "net", host });
  if (state === "granted") return;
  throw new Deno.errors.NotCapable(
    `Requires net access to "${host}", run again with the --allow-net flag`,
  );
}
