import type { NetAddr } from "../../../address/mod.ts";
import type { TcpTransport } from "../../../tcp/_seam.ts";
import { failure } from "../types.ts";
import { type Programs, silent } from "./programs.ts";
import type { TcpConnection } from "./tcp_connection.ts";

/** The socket of a connection, as a program of the host has it. */
export class SimulatedTransport implements TcpTransport {
  readonly backend = "simulated";
  readonly hasIdleTime = true;
  readonly localAddr: NetAddr;
  readonly remoteAddr: NetAddr;
  readonly #programs: Programs;
  readonly #connection: TcpConnection;
  readonly #giveBack: () => void;
  #isClosed = false;

  constructor(
    programs: Programs,
    connection: TcpConnection,
    giveBack: () => void,
  ) {
    this.#programs = programs;
    this.#connection = connection;
    this.#giveBack = giveBack;
    const { localAddress, localPort, remoteAddress, remotePort } = connection;
    this.localAddr = netAddr(localAddress, localPort);
    this.remoteAddr = netAddr(remoteAddress, remotePort);
  }

  read(buffer: Uint8Array): Promise<number | null> {
    return this.#call("read", () => {
      const connection = this.#connection;
      const result = connection.receiving.readNow(buffer);
      if (result !== undefined) return Promise.resolve(result);
      const code = connection.takeError();
      if (code !== undefined) return Promise.reject(failure(code, "read"));
      return connection.state === "closed"
        ? Promise.resolve(null)
        : connection.receiving.wait(buffer);
    });
  }

  write(bytes: Uint8Array): Promise<number> {
    return this.#call("write", () => {
      const { isShut, sending } = this.#connection;
      const code = this.#connection.takeError() ??
        (isShut ? "EPIPE" : undefined);
      return code === undefined
        ? sending.write(bytes)
        : Promise.reject(failure(code, "write"));
    });
  }

  /** C's `shutdown(SHUT_WR)`. */
  closeWrite(): Promise<void> {
    return this.#call("shutdown", () => {
      if (this.#connection.state === "closed") {
        return Promise.reject(failure("ENOTCONN", "shutdown"));
      }
      this.#connection.end();
      return Promise.resolve();
    });
  }

  #call<T>(syscall: string, call: () => Promise<T>): Promise<T> {
    if (this.#programs.haveEnded) return silent();
    return this.#isClosed ? Promise.reject(failure("EBADF", syscall)) : call();
  }

  close(): void {
    if (this.#end()) this.#connection.close();
  }

  reset(): boolean {
    if (this.#end()) this.#connection.reset();
    return true;
  }

  /** Ends the calls that wait; returns false if there is nothing to close any more. */
  #end(): boolean {
    if (this.#isClosed || this.#programs.haveEnded) return false;
    this.#isClosed = true;
    this.#giveBack();
    const closed = () => failure("EBADF");
    this.#connection.receiving.rejectRead(closed);
    this.#connection.sending.rejectWrite(closed);
    return true;
  }

  setNoDelay(on: boolean): void {
    if (!this.#isClosed && !this.#programs.haveEnded) {
      this.#connection.setNoDelay(on);
    }
  }

  setKeepAlive(on: boolean, idle?: number): void {
    if (!this.#isClosed && !this.#programs.haveEnded) {
      this.#connection.setKeepAlive(on, idle);
    }
  }

  holdRead(isHeld: boolean): void {
    this.#connection.receiving.isAwaited = isHeld;
  }

  /** A simulated host keeps no process alive. */
  ref(): void {}

  /** A simulated host keeps no process alive. */
  unref(): void {}
}

function netAddr(hostname: string, port: number): NetAddr {
  return { transport: "tcp", hostname, port };
}
