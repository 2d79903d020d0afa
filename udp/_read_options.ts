import type { BindUdpOptions, UdpOptions } from "./bind_options.ts";

const NAMES = [
  ...["reuseAddress", "broadcast", "ttl", "maxDatagramSize"] as const,
  ...["maxQueuedDatagrams", "maxQueuedBytes", "dropPolicy"] as const,
  ...["resolver", "backend", "socketOptions", "signal", "timeout"] as const,
] satisfies (keyof UdpOptions)[];

/** The options of both kinds of sockets, each read once: they may have getters. */
export function readOptions(options: UdpOptions): UdpOptions {
  return Object.fromEntries(NAMES.map((name) => [name, options[name]]));
}

/** The options of `bindUdp`, each read once. */
export function readBindOptions(options: BindUdpOptions): BindUdpOptions {
  const { hostname, port } = options;
  return { ...readOptions(options), hostname, port };
}
