import type { Machine } from "../types.ts";
import type { Flow } from "./flow.ts";
import type { Binding } from "./port_table.ts";
import type { TimerSource } from "./timer.ts";

/**
 * The states of RFC 9293 section 3.3.2. TIME-WAIT is not one of them: a connection in
 * it is closed for its program, and a `TimeWait` has its ports.
 */
export type TcpState =
  | "syn-sent"
  | "syn-received"
  | "established"
  | "fin-wait-1"
  | "fin-wait-2"
  | "close-wait"
  | "closing"
  | "last-ack"
  | "closed";

/** A connection, as its stack knows it. */
export interface OwnedConnection extends Flow {
  /** Its hold on the local port. */
  readonly binding: Binding;
  /** With which numbers it goes on: the next one to send, and the next to receive. */
  readonly sequences: { readonly send: number; readonly receive: number };
}

/** What a connection needs of the stack of its host. */
export interface ConnectionOwner extends TimerSource {
  readonly machine: Machine;
  readonly receiveBuffer: number;
  readonly sendBuffer: number;
  /** Returns the sequence number for the SYN of a new connection. */
  newSequence(): number;
  /** Forgets a connection: its ports are free. */
  remove(connection: OwnedConnection): void;
  /**
   * Keeps only the ports of a connection, for a minute: in TIME-WAIT, or in FIN-WAIT-2
   * without a program.
   */
  retire(connection: OwnedConnection, isEnded: boolean): void;
}

/** Hears once whether the handshake of a connection succeeds. */
export interface Opening {
  /**
   * The handshake is complete; returns false if there is no room for the connection
   * yet, so that the peer's segment is to be dropped.
   */
  onOpen(): boolean;
  onFail(error: Error): void;
}
