/**
 * The behaviour of a link: one direction of the way between two hosts. Options that are
 * omitted keep their value; those below are the defaults of a new network. All can be
 * changed at any time: packets in flight keep their time of arrival.
 *
 * Without `reorder` a link keeps the order of its packets, whatever the jitter.
 *
 * @example A slow link that loses packets
 * ```ts
 * import type { LinkOptions } from "@berkeley/sockets/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const mobile: LinkOptions = { latency: 80, jitter: 40, bandwidth: 250_000, loss: 0.02 };
 * assertEquals(mobile.loss, 0.02);
 * ```
 */
export interface LinkOptions {
  /**
   * How long a packet takes, in milliseconds; at least 0.001.
   *
   * @default {0.5}
   */
  readonly latency?: number | undefined;
  /**
   * The largest random delay that is added to the latency of a packet, in milliseconds.
   *
   * @default {0}
   */
  readonly jitter?: number | undefined;
  /**
   * Bytes per second, more than 0; headers count. Packets wait for those before them.
   *
   * @default {Infinity}
   */
  readonly bandwidth?: number | undefined;
  /**
   * How many bytes can wait for the bandwidth, 0 or more. A packet for which there is no
   * room is lost ("tail drop").
   *
   * @default {262144}
   */
  readonly queue?: number | undefined;
  /**
   * The probability, from 0 to 1, that a packet is lost. Of a UDP datagram with several
   * fragments each one can be lost, and the datagram with it.
   *
   * @default {0}
   */
  readonly loss?: number | undefined;
  /**
   * The probability, from 0 to 1, that a packet arrives twice.
   *
   * @default {0}
   */
  readonly duplicate?: number | undefined;
  /**
   * The probability, from 0 to 1, that a packet is delayed by up to four more latencies
   * and that later packets overtake it.
   *
   * @default {0}
   */
  readonly reorder?: number | undefined;
  /**
   * The largest IP packet in bytes, 68 to 65536. TCP sends no larger segments; a larger
   * UDP datagram travels in fragments.
   *
   * @default {1500}
   */
  readonly mtu?: number | undefined;
}
