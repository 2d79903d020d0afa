import type { Socket } from "node:dgram";
import { isDeno } from "../internal/runtime/mod.ts";
import type { Question } from "./_question.ts";
import type { NameServer } from "./resolver_options.ts";

/**
 * How much of a datagram is received; `node:dgram` of Deno 2.9 makes its buffer
 * twice this on Linux, and cuts off what is larger without saying so. Elsewhere it has
 * room for any datagram.
 */
const RECEIVE_SIZE = 8192;

let dgram: typeof import("node:dgram") | undefined;

/** How to ask over UDP. */
export interface UdpRequest {
  /** Whether to ask without EDNS(0). */
  readonly plain: boolean;
  /** After how many milliseconds of silence to ask without EDNS(0) as well; never, if undefined. */
  readonly plainAfter: number | undefined;
}

/** A question that waits for its answer. */
interface Exchange {
  readonly question: Question;
  readonly request: UdpRequest;
  again?: ReturnType<typeof setTimeout>;
  /** Ends it, once. */
  end(settle: () => void): void;
  resolve(): void;
  reject(error: unknown): void;
}

/** The sockets over which a resolver asks, each for one name. */
export class UdpPorts {
  /** The questions that were not sent yet. */
  readonly #joinable = new Map<string, UdpPort>();

  /**
   * Asks a server from a fresh socket, whose random port is what makes answers hard
   * to forge; questions about one name that begin at the same time share one.
   * Resolves when the question is answered; rejects with the signal's reason when
   * it aborts. Datagrams from elsewhere and those that answer nothing are passed
   * over.
   */
  async ask(
    server: Required<NameServer>,
    name: string,
    question: Question,
    request: UdpRequest,
    signal: AbortSignal,
  ): Promise<void> {
    // Loaded when needed: a program that resolves no name starts faster.
    dgram ??= await import("node:dgram");
    signal.throwIfAborted();
    const key = `${server.hostname} ${server.port} ${name}`;
    let port = this.#joinable.get(key);
    if (port === undefined) {
      const isV6 = server.hostname.includes(":");
      const socket = dgram.createSocket(isV6 ? "udp6" : "udp4");
      port = new UdpPort(server, socket, () => this.#joinable.delete(key));
      this.#joinable.set(key, port);
    }
    return await port.ask(question, request, signal);
  }
}

/** One socket, open as long as a question waits for its answer. */
class UdpPort {
  readonly #server: Required<NameServer>;
  readonly #socket: Socket;
  /** Called when no other question may join. */
  readonly #seal: () => void;
  readonly #exchanges = new Set<Exchange>();

  constructor(
    server: Required<NameServer>,
    socket: Socket,
    seal: () => void,
  ) {
    this.#server = server;
    this.#socket = socket;
    this.#seal = seal;
    socket.on("error", (error) => this.#fail(error));
    socket.on("message", (message, from) => this.#receive(message, from));
    const isV6 = server.hostname.includes(":");
    socket.bind({ port: 0, address: isV6 ? "::" : "0.0.0.0" }, () => {
      seal();
      if (this.#exchanges.size === 0) return; // closed already
      if (isDeno) socket.setRecvBufferSize(RECEIVE_SIZE);
      for (const exchange of this.#exchanges) this.#begin(exchange);
    });
  }

  ask(
    question: Question,
    request: UdpRequest,
    signal: AbortSignal,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = () => exchange.end(() => reject(signal.reason));
      const exchange: Exchange = {
        question,
        request,
        resolve,
        reject,
        end: (settle) => {
          if (!this.#exchanges.delete(exchange)) return;
          clearTimeout(exchange.again);
          signal.removeEventListener("abort", onAbort);
          settle();
          if (this.#exchanges.size > 0) return;
          this.#seal();
          this.#socket.close();
        },
      };
      signal.addEventListener("abort", onAbort);
      this.#exchanges.add(exchange);
    });
  }

  #begin(exchange: Exchange): void {
    const { plain, plainAfter } = exchange.request;
    this.#send(exchange, plain);
    if (plainAfter === undefined) return;
    exchange.again = setTimeout(() => this.#send(exchange, true), plainAfter);
  }

  #send(exchange: Exchange, plain: boolean): void {
    const { port, hostname } = this.#server;
    const query = exchange.question.write(plain);
    this.#socket.send(query, port, hostname, (error: Error | null) => {
      if (error !== null) this.#fail(error);
    });
  }

  #receive(
    message: Uint8Array,
    from: { address: string; port: number },
  ): void {
    const { port, hostname } = this.#server;
    if (from.port !== port || !isSameHost(from.address, hostname)) return;
    // A copy: the datagram is a small part of a large buffer.
    const copy = new Uint8Array(message);
    // What fills the buffer may have been cut off: TC has it asked for over TCP.
    const isFull = copy.length === RECEIVE_SIZE ||
      copy.length === 2 * RECEIVE_SIZE;
    if (isFull && isDeno) { // elsewhere there is room for any datagram
      copy[2]! |= 0x02;
    }
    for (const { question, end, resolve } of this.#exchanges) {
      if (question.accept(copy)) return end(resolve);
    }
  }

  #fail(error: unknown): void {
    for (const { end, reject } of this.#exchanges) end(() => reject(error));
  }
}

/** Whether two texts are the same address, but for the zone, which senders are shown without. */
function isSameHost(from: string, server: string): boolean {
  return from === server || from.split("%")[0] === server.split("%")[0];
}
