/**
 * What goes beside the bytes of a message: C's `struct cmsghdr`, decoded.
 * Ours can be sent, too, where the system takes them.
 */
export type ControlMessage =
  | RightsMessage
  | PacketInfoMessage
  | NumberMessage
  | TimestampMessage
  | OtherMessage;

/** Descriptors, over a local socket: `SCM_RIGHTS`. */
export interface RightsMessage {
  /** What it is. */
  type: "SCM_RIGHTS";
  /**
   * The numbers; those received belong to the receiver, who closes them, such as
   * by `PosixSocket.adopt`.
   */
  descriptors: number[];
}

/** Where a datagram came in, or is to leave: `struct in_pktinfo`, `struct in6_pktinfo`. */
export interface PacketInfoMessage {
  /** For which family. */
  type: "IP_PKTINFO" | "IPV6_PKTINFO";
  /** The index of the interface; 0 lets the route choose when sending. */
  interfaceIndex: number;
  /** The address that it was sent to, or is to be sent from. */
  address: string;
}

/** A number: of the header, or how many datagrams were dropped. */
export interface NumberMessage {
  /** Which. */
  type: "IP_TTL" | "IP_TOS" | "IPV6_HOPLIMIT" | "IPV6_TCLASS" | "SO_RXQ_OVFL";
  /** The number. */
  value: number;
}

/** When it came in: `SCM_TIMESTAMP`. */
export interface TimestampMessage {
  /** What it is. */
  type: "SCM_TIMESTAMP";
  /** Milliseconds since 1970, to the microsecond. */
  time: number;
}

/** Any other. */
export interface OtherMessage {
  /** That it is one that is not known here. */
  type: "other";
  /** The level, as of options. */
  level: number;
  /** The number, as of options. */
  number: number;
  /** What it holds. */
  data: Uint8Array<ArrayBuffer>;
}
