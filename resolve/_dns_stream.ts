/** A TCP connection to a name server. */
export interface DnsStream {
  /** Reads into the buffer; resolves with the number of bytes, or null at the end. */
  read(buffer: Uint8Array): Promise<number | null>;
  /** Writes some of the bytes; resolves with how many. */
  write(bytes: Uint8Array): Promise<number>;
  /** Closes it; what is pending rejects. */
  close(): void;
}
