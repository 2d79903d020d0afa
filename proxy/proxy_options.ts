import type { TcpProxy } from "../tcp/mod.ts";
import type { TlsClientOptions } from "../tls/mod.ts";

/** Where a proxy is, and how to reach it. */
export interface ProxyOptions {
  /**
   * A name or an IP address of the proxy.
   *
   * @default {"127.0.0.1"}
   */
  hostname?: string | undefined;
  /**
   * The port of the proxy, 1 to 65535. Defaults to 1080 for SOCKS and to 8080 for HTTP.
   */
  port?: number | undefined;
  /**
   * The path of the unix socket on which the proxy listens, instead of `hostname` and
   * `port`. An abstract name begins with `\0`. Defaults to none.
   */
  path?: string | undefined;
  /**
   * Whether the proxy is behind TLS, or how to verify its certificate.
   *
   * @default {false}
   */
  tls?: boolean | TlsClientOptions | undefined;
  /** The proxy through which this one is reached. Defaults to none. */
  proxy?: TcpProxy | undefined;
  /**
   * Where the names of targets are looked up: by the proxy (`"remote"`), or here, by the
   * resolver of the call (`"local"`). The proxy is then asked for one address: the first
   * IPv4 address, or if there is none, the first of IPv6. `family` decides otherwise.
   *
   * @default {"remote"}
   */
  resolve?: "remote" | "local" | undefined;
}

/** Options of a proxy that authenticates its clients. */
export interface AuthenticatedProxyOptions extends ProxyOptions {
  /** The user name. Defaults to none. */
  username?: string | undefined;
  /** The password. Needs `username`. Defaults to an empty one. */
  password?: string | undefined;
}
