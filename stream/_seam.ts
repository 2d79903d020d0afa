/**
 * What the folders of each kind of stream socket need of `stream/` beside its
 * public names. Only they may import it.
 *
 * @module
 */
export { readServeOptions } from "./_serve_options.ts";
export {
  firstPiece,
  type ListenerTransport,
  type StreamTransport,
} from "./_transport.ts";
