/**
 * What a {@linkcode TraceEvent} is about: a packet, a host that starts, crashes or gets
 * other addresses, a socket, a query to the DNS, a change of links, or a note of the
 * test.
 */
export type TraceKind = "packet" | "host" | "socket" | "dns" | "link" | "note";

/** What happened at one moment of a simulation. See the example of `Trace`. */
export interface TraceEvent {
  /** Milliseconds of virtual time since the simulation began. */
  readonly time: number;
  /** What the event is about. */
  readonly kind: TraceKind;
  /** The name of the host that it happened to, or that sent the packet. */
  readonly from?: string | undefined;
  /** The name of the host that the packet went to. */
  readonly to?: string | undefined;
  /** Whether the packet or the answer was lost. */
  readonly isLost: boolean;
  /** The description, without time and hosts. */
  readonly text: string;
}
