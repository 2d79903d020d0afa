/**
 * What the folders of each kind of stream socket need of `stream/` beside its
 * public names. Only they may import it.
 *
 * @module
 */
export { showAddr } from "./_conn_errors.ts";
export { announce } from "./_announce.ts";
export { ConnTransport } from "./_conn_transport.ts";
export {
  type DuplexOptions,
  DuplexTransport,
  type NodeDuplex,
} from "./_duplex_transport.ts";
export { DenoListener, listenWhenFree } from "./_deno_listener.ts";
export {
  canDetach,
  isBusy,
  isReading,
  onOver,
  type TakenOver,
  takeOver,
} from "./ending_conn.ts";
export { readServeOptions } from "./_serve_options.ts";
export {
  firstPiece,
  type ListenerTransport,
  type StreamFeature,
  type StreamTransport,
} from "./_transport.ts";
