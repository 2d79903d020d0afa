import { checkType } from "../internal/check/mod.ts";
import { readAlpnProtocols } from "./_alpn.ts";
import { readCaCerts, readPair } from "./_pem.ts";
import { readServerName } from "./_server_name.ts";
import type { ClientSettings } from "./_transport.ts";
import type { TlsClientOptions } from "./client_options.ts";

/** Reads the options of a client once, and refuses bad ones. */
export function readClientSettings(
  options: TlsClientOptions,
  host: { hostname: string },
): ClientSettings {
  const { serverName, caCerts, cert, key, alpnProtocols } = options;
  const { unsafelyDisableHostnameVerification } = options;
  checkType(
    "unsafelyDisableHostnameVerification",
    unsafelyDisableHostnameVerification,
    "boolean",
  );
  return {
    serverName: serverName === undefined
      ? readServerName("hostname", host.hostname)
      : readServerName("serverName", serverName),
    caCerts: readCaCerts(caCerts),
    certificate: readPair({ cert, key }),
    alpnProtocols: readAlpnProtocols(alpnProtocols),
    unsafelyDisableHostnameVerification,
  };
}
