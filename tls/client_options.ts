/** What a TLS client verifies and offers. */
export interface TlsClientOptions {
  /**
   * Certificates of authorities in PEM that are trusted beside the runtime's own, each
   * string one or more. Defaults to none.
   */
  caCerts?: readonly string[] | undefined;
  /**
   * The certificate of the client in PEM, followed by those of intermediate
   * authorities. Needs `key`. If omitted, the client sends none.
   */
  cert?: string | undefined;
  /**
   * The private key of the client in PEM, not encrypted. Needs `cert`. Defaults to none.
   */
  key?: string | undefined;
  /**
   * The application protocols to offer, the preferred first (ALPN, RFC 7301). If
   * omitted, none are offered.
   */
  alpnProtocols?: readonly string[] | undefined;
  /**
   * The host name or IP address that the server's certificate must be for. A name is
   * also sent to the server (SNI). Defaults to `hostname`.
   */
  serverName?: string | undefined;
  /**
   * Accepts a certificate for another name, as Deno's option does. Everything else is
   * still verified, and no option turns that off.
   *
   * @default {false}
   */
  unsafelyDisableHostnameVerification?: boolean | undefined;
}
