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
    return this.#use("read", () => this.#connection.read(buffer));
  }

  write(bytes: Uint8Array): Promise<number> {
    return this.#use("write", () => this.#connection.write(bytes));
  }

  closeWrite(): Promise<void> {
    return this.#use("shutdown", () => this.#connection.closeWrite());
  }

  #use<T>(syscall: string, call: () => Promise<T>): Promise<T> {
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

  /** Returns whether it was open. */
  #end(): boolean {
    if (this.#isClosed || this.#programs.haveEnded) return false;
    this.#isClosed = true;
    this.#giveBack();
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

  /** A simulated host keeps no process alive. */
  ref(): void {}

  /** A simulated host keeps no process alive. */
  unref(): void {}
}

function netAddr(hostname: string, port: number): NetAddr {
  return { transport: "tcp", hostname, port };
}
