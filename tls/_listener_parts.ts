import type { Calls } from "./_backends.ts";
import type { Certificates } from "./_certificates.ts";
import type { HandshakingListener } from "./_handshaking_listener.ts";

/** What a listener is made of. */
export interface TlsListenerParts {
  /** What accepts, and shakes hands. */
  readonly transport: HandshakingListener;
  /** The certificates, which change in place. */
  readonly certificates: Certificates;
  /** The functions of the backend. */
  readonly calls: Calls;
  /** See `ListenTlsOptions`. */
  readonly highWaterMark: number | undefined;
}
