import type { BindUdpOptions, UdpOptions } from "./bind_options.ts";

/** The options of both kinds of sockets, each read once: they may have getters. */
export function readOptions(options: UdpOptions): UdpOptions {
  const {
    reuseAddress,
    broadcast,
    ttl,
    maxDatagramSize,
    maxQueuedDatagrams,
    maxQueuedBytes,
    dropPolicy,
    resolver,
    backend,
    socketOptions,
    signal,
    timeout,
  } = options;
  return {
    reuseAddress,
    broadcast,
    ttl,
    maxDatagramSize,
    maxQueuedDatagrams,
    maxQueuedBytes,
    dropPolicy,
    resolver,
    backend,
    socketOptions,
    signal,
    timeout,
  };
}

/** The options of `bindUdp`, each read once. */
export function readBindOptions(options: BindUdpOptions): BindUdpOptions {
  const { hostname, port } = options;
  return { ...readOptions(options), hostname, port };
}
