import { toSocketError } from "../errors/mod.ts";
import { requireNet } from "../permissions/mod.ts";
import { showName, type SocketName } from "./socket_name.ts";

/** How many permitted names are remembered. */
const MAX_REMEMBERED = 256;

function isGranted(name: "net" | "read" | "write", path?: string): boolean {
  const descriptor = name === "net"
    ? { name }
    : { name, path } as Deno.PermissionDescriptor;
  const { state, partial } = Deno.permissions.querySync(descriptor);
  return state === "granted" && !partial; // partial: some of it is denied
}

/**
 * Asks `Deno.permissions`, since libc does not, and never prompts. Remembers what
 * was permitted: a query costs more than a datagram.
 */
export class Permit {
  readonly #permitted = new Map<string, Set<number>>();
  #count = 0;
  #isEverything: boolean | undefined;

  /** Whether the program may use any address, so that none needs a check. */
  get isEverything(): boolean {
    return this.#isEverything ??= isGranted("net");
  }

  /**
   * Throws unless the program may use a name: by net access to the host and
   * port; for a path, by read and write access, as the runtime's own calls need,
   * or by net access to everything.
   *
   * @throws {NotCapableError} When it is not permitted.
   */
  check(name: SocketName, action: string, syscall: string): void {
    const isPath = "path" in name;
    const host = isPath ? name.path : name.hostname;
    const port = isPath ? 0 : name.port;
    if (this.#permitted.get(host)?.has(port)) return;
    try {
      if (isPath) requirePath(host);
      else requireNet(host.replace(/%.*/, ""), port);
    } catch (error) {
      const subject = `${action} ${showName(name)}`;
      throw toSocketError(error, { action: subject, syscall });
    }
    if (this.#count++ === MAX_REMEMBERED) {
      this.#permitted.clear();
      this.#count = 1;
    }
    const ports = this.#permitted.get(host) ?? new Set();
    this.#permitted.set(host, ports.add(port));
  }
}

function requirePath(path: string): void {
  if (isGranted("net")) return;
  if (path === "" || path.startsWith("\0")) {
    throw new Deno.errors.NotCapable(
      "Requires net access, run again with the --allow-net flag",
    );
  }
  for (const access of ["read", "write"] as const) {
    if (isGranted(access, path)) continue;
    throw new Deno.errors.NotCapable(
      `Requires ${access} access to "${path}", run again with the --allow-${access} flag`,
    );
  }
}
