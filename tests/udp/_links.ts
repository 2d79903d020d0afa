/**
 * Two links inside a network namespace: what leaves by one end of a link arrives
 * at the other, in the same namespace.
 *
 * @module
 */
import { requireNewNamespace, run } from "../_namespace.ts";

/** One end of a link. */
export interface LinkEnd {
  /** The name of the interface. */
  readonly name: string;
  /** Its index. */
  readonly index: number;
  /** Its IPv4 address, of a network of 128 addresses. */
  readonly v4: string;
  /** Its IPv6 address. */
  readonly v6: string;
}

/** Both links, each with a near and a far end. */
export interface Links {
  readonly left: { readonly near: LinkEnd; readonly far: LinkEnd };
  readonly right: { readonly near: LinkEnd; readonly far: LinkEnd };
}

function setKernel(name: string, value: number): void {
  Deno.writeTextFileSync(`/proc/sys/net/${name}`, String(value));
}

function end(name: string, v4: string, v6: string): LinkEnd {
  run("ip", "address", "add", `${v4}/25`, "broadcast", "+", "dev", name);
  run("ip", "address", "add", `${v6}/64`, "dev", name);
  run("ip", "link", "set", name, "up");
  const index = Number(run("ip", "-o", "link", "show", name).split(":")[0]);
  return { name, index, v4, v6 };
}

/** Makes the links, in the namespace that this program was started in. */
export function makeLinks(): Links {
  requireNewNamespace();
  // What comes in may come from an address of our own, by whichever way.
  setKernel("ipv4/conf/all/accept_local", 1);
  for (const scope of ["all", "default"]) {
    setKernel(`ipv4/conf/${scope}/rp_filter`, 0);
    setKernel(`ipv6/conf/${scope}/accept_dad`, 0);
  }
  run("ip", "link", "set", "lo", "up");
  const link = (name: string, net4: string, net6: string) => {
    const [near, far] = [`${name}0`, `${name}1`];
    run("ip", "link", "add", near, "type", "veth", "peer", "name", far);
    return {
      near: end(near, `${net4}.1`, `${net6}1::1`),
      far: end(far, `${net4}.129`, `${net6}2::1`),
    };
  };
  return {
    left: link("left", "198.51.100", "2001:db8:1"),
    right: link("right", "203.0.113", "2001:db8:2"),
  };
}
