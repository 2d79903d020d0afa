import { struct } from "./_struct.ts";

/** The states of RFC 9293 section 3.3.2. */
export type TcpState =
  | "ESTABLISHED"
  | "SYN_SENT"
  | "SYN_RECV"
  | "FIN_WAIT1"
  | "FIN_WAIT2"
  | "TIME_WAIT"
  | "CLOSE"
  | "CLOSE_WAIT"
  | "LAST_ACK"
  | "LISTEN"
  | "CLOSING"
  | "NEW_SYN_RECV";

/** What the kernel knows of a connection: C's `struct tcp_info`. Linux. */
export interface TcpInfo {
  /** The state. */
  state: TcpState;
  /** How often the segment that is unacknowledged was sent again. */
  retransmits: number;
  /** How many probes of keep-alive or of a closed window are unanswered. */
  probes: number;
  /** The retransmission timeout, in milliseconds. */
  rto: number;
  /** The smoothed round-trip time, in milliseconds. */
  rtt: number;
  /** Its mean deviation, in milliseconds. */
  rttVariance: number;
  /** The least round-trip time seen, in milliseconds. */
  minRtt: number;
  /** The largest segment to send, in bytes. */
  sendMss: number;
  /** The largest segment to receive, in bytes. */
  receiveMss: number;
  /** The path MTU. */
  pathMtu: number;
  /** The congestion window, in segments. */
  congestionWindow: number;
  /** The slow start threshold, in segments. */
  slowStartThreshold: number;
  /** How many segments are unacknowledged. */
  unacknowledged: number;
  /** How many segments are taken for lost. */
  lost: number;
  /** How many segments were sent again, in all. */
  totalRetransmits: number;
  /** How long ago data was sent, in milliseconds. */
  lastDataSent: number;
  /** How long ago data was received, in milliseconds. */
  lastDataReceived: number;
  /** How many bytes the peer has acknowledged. */
  bytesAcknowledged: bigint;
  /** How many bytes were received. */
  bytesReceived: bigint;
  /** How many bytes wait to be sent for the first time. */
  notSent: number;
}

/** `TCP_INFO` of `linux/tcp.h`, and the most of it that is read. */
export const TCP_INFO = 11;
/** The size up to `tcpi_min_rtt`; older kernels tell less, which reads as 0. */
export const TCP_INFO_SIZE = 152;

/** By their numbers in `net/tcp_states.h`. */
const STATES: readonly TcpState[] = [
  ...["CLOSE", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1"] as const,
  ...["FIN_WAIT2", "TIME_WAIT", "CLOSE", "CLOSE_WAIT", "LAST_ACK"] as const,
  ...["LISTEN", "CLOSING", "NEW_SYN_RECV"] as const,
];

/** Reads a `struct tcp_info` of Linux. */
export function decodeTcpInfo(received: Uint8Array): TcpInfo {
  const bytes = struct(TCP_INFO_SIZE, [0, received]);
  const view = new DataView(bytes.buffer);
  const u32 = (at: number) => view.getUint32(at, true);
  return {
    state: STATES[bytes[0]!] ?? "CLOSE",
    retransmits: bytes[2]!,
    probes: bytes[3]!,
    rto: u32(8) / 1000,
    sendMss: u32(16),
    receiveMss: u32(20),
    unacknowledged: u32(24),
    lost: u32(32),
    lastDataSent: u32(44),
    lastDataReceived: u32(52),
    pathMtu: u32(60),
    rtt: u32(68) / 1000,
    rttVariance: u32(72) / 1000,
    slowStartThreshold: u32(76),
    congestionWindow: u32(80),
    totalRetransmits: u32(100),
    bytesAcknowledged: view.getBigUint64(120, true),
    bytesReceived: view.getBigUint64(128, true),
    notSent: u32(144),
    minRtt: u32(148) / 1000,
  };
}
