/**
 * What a server may ask of the first message of a client before it starts TLS:
 * ClientHello (RFC 8446, section 4.1.2), in the records of its transport.
 */

/** The type of a record of the handshake. */
const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const RECORD_HEADER = 5;
const MESSAGE_HEADER = 4;
/** The extension server_name (RFC 6066, section 3), and its type host_name. */
const SERVER_NAME = 0;
const HOST_NAME = 0;
/** The longest ClientHello that is read, in bytes; all others have far less. */
const MAX_HELLO = 16 * 1024;
/** The most bytes of records that may carry it. */
const MAX_RECEIVED = 2 * MAX_HELLO;

/** What a client asks for. */
export interface ClientHello {
  /** The name of the server that it wants (SNI), in lower case. */
  readonly serverName: string | undefined;
}

/** Walks over bytes; beyond their end it throws a `RangeError`. */
class Cursor {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  take(count: number): Uint8Array {
    const end = this.#at + count;
    if (end > this.#bytes.length) throw new RangeError("beyond the end");
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }

  /** An unsigned integer of `size` bytes. */
  integer(size: number): number {
    return this.take(size).reduce((sum, byte) => sum * 256 + byte, 0);
  }

  /** Bytes with their length, of `size` bytes, in front. */
  vector(size: number): Uint8Array {
    return this.take(this.integer(size));
  }
}

/** Collects a ClientHello, which may come in any pieces. */
export class ClientHelloReader {
  readonly #received: Uint8Array[] = [];
  #count = 0;
  /** The message so far, without the headers of its records. */
  readonly #message: number[] = [];
  /** The header of the record, as far as it has come. */
  readonly #header: number[] = [];
  /** How much of the record has yet to come. */
  #rest = 0;

  /** All that was received. */
  get received(): readonly Uint8Array[] {
    return this.#received;
  }

  /**
   * Adds bytes, which must not change; returns what the client asks for once all
   * of its ClientHello has come.
   *
   * @throws {RangeError} If it is none.
   */
  push(bytes: Uint8Array): ClientHello | undefined {
    this.#received.push(bytes);
    this.#count += bytes.length;
    for (const byte of bytes) {
      if (this.#rest > 0) this.#onContent(byte);
      else this.#onHeader(byte);
    }
    const message = this.#message;
    if (message.length >= MESSAGE_HEADER) {
      const size = message[1]! << 16 | message[2]! << 8 | message[3]!;
      if (size > MAX_HELLO) throw notTls();
      const end = MESSAGE_HEADER + size;
      if (message.length >= end) {
        return parseHello(Uint8Array.from(message.slice(MESSAGE_HEADER, end)));
      }
    }
    if (this.#count > MAX_RECEIVED) throw notTls();
    return undefined;
  }

  #onHeader(byte: number): void {
    const at = this.#header.push(byte) - 1;
    if (at === 0 && byte !== HANDSHAKE || at === 1 && byte !== 3) {
      throw notTls();
    }
    if (at < RECORD_HEADER - 1) return;
    this.#rest = this.#header[3]! << 8 | byte;
    this.#header.length = 0;
  }

  #onContent(byte: number): void {
    this.#rest--;
    if (this.#message.push(byte) === 1 && byte !== CLIENT_HELLO) throw notTls();
  }
}

function notTls(): RangeError {
  return new RangeError("the client does not speak TLS");
}

function parseHello(message: Uint8Array): ClientHello {
  const hello = new Cursor(message);
  hello.take(2 + 32); // version, random
  hello.vector(1); // session
  hello.vector(2); // cipher suites
  hello.vector(1); // compression
  const extensions = new Cursor(
    hello.isAtEnd ? new Uint8Array() : hello.vector(2),
  );
  while (!extensions.isAtEnd) {
    const type = extensions.integer(2);
    const content = extensions.vector(2);
    if (type === SERVER_NAME) return { serverName: hostNameOf(content) };
  }
  return { serverName: undefined };
}

function hostNameOf(extension: Uint8Array): string | undefined {
  const names = new Cursor(new Cursor(extension).vector(2));
  while (!names.isAtEnd) {
    const type = names.integer(1);
    const name = names.vector(2);
    if (type === HOST_NAME) {
      return String.fromCharCode(...name).toLowerCase();
    }
  }
  return undefined;
}
