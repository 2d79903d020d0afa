import net from "node:net";
import { makeError } from "../internal/runtime/mod.ts";
import type { DnsStream } from "./_dns_stream.ts";
import type { NameServer } from "./resolver_options.ts";

/** Connects by `node:net`; an abort ends the attempt. */
export function connectNode(
  { hostname: host, port }: Required<NameServer>,
  signal: AbortSignal,
): Promise<DnsStream> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = net.connect({ host, port });
    const onAbort = () => {
      socket.destroy();
      reject(signal.reason);
    };
    signal.addEventListener("abort", onAbort);
    socket.once("error", (error) => {
      signal.removeEventListener("abort", onAbort);
      reject(error);
    });
    socket.once("connect", () => {
      signal.removeEventListener("abort", onAbort);
      resolve(new NodeStream(socket));
    });
  });
}

/** A connection over `node:net`, which brings its bytes as events. */
class NodeStream implements DnsStream {
  readonly #socket: net.Socket;
  /** Calls the read that is pending. */
  #wake: () => void = () => {};

  constructor(socket: net.Socket) {
    this.#socket = socket;
    for (const event of ["readable", "end", "error", "close"]) {
      socket.on(event, () => this.#wake());
    }
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    for (;;) {
      const socket = this.#socket;
      const size = Math.min(buffer.length, socket.readableLength);
      const chunk: Uint8Array | null = size > 0 ? socket.read(size) : null;
      if (chunk !== null) {
        buffer.set(chunk);
        return chunk.length;
      }
      if (socket.errored) throw socket.errored;
      if (socket.readableEnded) return null;
      if (socket.destroyed) throw makeError("BadResource", "closed");
      socket.read(0); // has it look for more, or for the end
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  write(bytes: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#socket.write(bytes, (error) => {
        if (error) reject(error);
        else resolve(bytes.length);
      });
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}
