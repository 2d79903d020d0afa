/** How to join or leave a multicast group. */
export interface MulticastOptions {
  /**
   * The interface: for IPv4 one of its addresses, for IPv6 its index or name; the
   * system's choice, if left out.
   */
  interface?: string | number | undefined;
  /**
   * The only sender to hear: source-specific multicast, RFC 4607. Any is heard, if
   * left out.
   */
  source?: string | undefined;
}
