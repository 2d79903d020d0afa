import type { TLSSocket } from "node:tls";

/** A TLS connection that can be freed without being closed. */
export interface WatchedStream {
  /** Frees what `node:tls` keeps, and settles no pending call. */
  abandon(): void;
}

type Watch = (stream: WatchedStream, socket: TLSSocket) => void;

let watching: Watch | undefined;

/** Calls back for each stream that starts. Returns what ends that. */
export function watchStreams(watch: Watch): () => void {
  watching = watch;
  return () => {
    if (watching === watch) watching = undefined;
  };
}

/** Says that a stream has started. */
export function onStarted(stream: WatchedStream, socket: TLSSocket): void {
  watching?.(stream, socket);
}
