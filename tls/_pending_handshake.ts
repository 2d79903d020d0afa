import type { NetAddr } from "../address/mod.ts";
import type { Timers } from "../internal/wait/mod.ts";
import {
  abandon,
  close,
  handshakeFailure,
  handshakeTimeout,
} from "./_shake_hands.ts";
import type { Accepted, Handshake, TlsTransport } from "./_transport.ts";

/** A connection whose handshake is done. */
export interface Shaken {
  readonly transport: TlsTransport<NetAddr>;
  readonly handshake: Handshake;
}

/** The handshake of a connection that was accepted. */
export class PendingHandshake {
  readonly #accepted: Accepted;
  #transport: TlsTransport<NetAddr> | undefined;
  #isEnded = false;
  #isUnref = false;

  constructor(accepted: Accepted) {
    this.#accepted = accepted;
  }

  /**
   * Resolves when the handshake is done. If it fails, takes longer than `timeout`
   * milliseconds, or is ended, closes the connection and rejects.
   */
  async run(timers: Timers, timeout: number): Promise<Shaken> {
    const { remoteAddr } = this.#accepted;
    let isLate = false;
    const onTime = () => {
      isLate = true;
      this.end();
    };
    const stop = timeout > 0 && timeout !== Infinity
      ? timers.start(onTime, timeout)
      : undefined;
    try {
      const transport = await this.#start();
      const handshake = await transport.handshake();
      if (this.#isEnded) throw handshakeTimeout(remoteAddr);
      return { transport, handshake };
    } catch (error) {
      if (this.#transport === undefined) this.#accepted.close();
      else close(this.#transport);
      throw isLate
        ? handshakeTimeout(remoteAddr)
        : handshakeFailure(error, remoteAddr);
    } finally {
      stop?.();
    }
  }

  async #start(): Promise<TlsTransport<NetAddr>> {
    const transport = await this.#accepted.start();
    this.#transport = transport;
    if (this.#isUnref) transport.unref();
    if (this.#isEnded) abandon(transport);
    return transport;
  }

  /** Ends the handshake, which rejects. */
  end(): void {
    this.#isEnded = true;
    if (this.#transport === undefined) this.#accepted.close();
    else abandon(this.#transport);
  }

  /** Lets the handshake keep the program alive, as it does from the start. */
  ref(): void {
    this.#isUnref = false;
    this.#transport?.ref();
  }

  /** Lets the program end while the handshake is pending. */
  unref(): void {
    this.#isUnref = true;
    this.#transport?.unref();
  }
}
