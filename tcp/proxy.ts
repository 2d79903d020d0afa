/**
 * A proxy that {@linkcode connectTcp} and `connectTls` connect through. `socks5`,
 * `socks4a`, `httpConnect` and `proxyFromEnvironment` of `@berkeley/sockets/proxy`
 * make them. It holds no connection: one object serves any number of calls.
 */
export interface TcpProxy {
  /**
   * How errors name it, such as `the SOCKS5 proxy 127.0.0.1:1080`. It holds no user
   * name and no password.
   */
  readonly name: string;
}
