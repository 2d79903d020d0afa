import { isGranted } from "./permission.ts";
import { builtIn, isDeno, nodeProcess } from "./runtime.ts";

type Os = typeof import("node:os");
type Dns = typeof import("node:dns");

/** Returns the name of this host, or undefined if the program may not ask for it. Never prompts. */
export function hostName(): string | undefined {
  if (!isDeno) return builtIn<Os>("node:os").hostname();
  return isGranted({ name: "sys", kind: "hostname" })
    ? Deno.hostname()
    : undefined;
}

/** An address of an interface of this host. */
export interface InterfaceAddress {
  /** The name of the interface. */
  readonly name: string;
  readonly family: "IPv4" | "IPv6";
  readonly address: string;
  /** The address with the length of its prefix: `127.0.0.1/8`. */
  readonly cidr: string;
  /** The index of the interface, of link-local IPv6 addresses; else 0 or missing. */
  readonly scopeid?: number | null;
}

/** Returns the addresses of this host, or undefined if the program may not ask for them. Never prompts. */
export function hostInterfaces(): readonly InterfaceAddress[] | undefined {
  if (!isDeno) return nodeInterfaces();
  return isGranted({ name: "sys", kind: "networkInterfaces" })
    ? Deno.networkInterfaces()
    : undefined;
}

function nodeInterfaces(): InterfaceAddress[] {
  const all = Object.entries(builtIn<Os>("node:os").networkInterfaces());
  return all.flatMap(([name, addresses = []]) =>
    addresses.map((one) => {
      const { address, scopeid = 0 } = one as typeof one & { scopeid?: number };
      const family = one.family as "IPv4" | "IPv6";
      const cidr = one.cidr ?? `${address}/${family === "IPv4" ? 32 : 128}`;
      return { name, family, address, cidr, scopeid };
    })
  );
}

/**
 * Returns the addresses of the name servers that `node:dns` asks, with the port if it is
 * not 53: `"192.0.2.1"`, `"[2001:db8::1]:5353"`. Empty in
 * Deno, which looks up names itself if no name server is known.
 */
export function nameServerTexts(): readonly string[] {
  return isDeno ? [] : builtIn<Dns>("node:dns").getServers();
}

/** Returns a variable of the environment, or undefined if the program may not read it. Never prompts. */
export function envVariable(name: string): string | undefined {
  if (!isDeno) return nodeProcess().env[name];
  return isGranted({ name: "env", variable: name })
    ? Deno.env.get(name)
    : undefined;
}
