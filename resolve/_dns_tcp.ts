import { makeError } from "../internal/runtime/mod.ts";
import { connectStream } from "./_connect_stream.ts";
import type { DnsStream } from "./_dns_stream.ts";
import type { Question } from "./_question.ts";
import type { NameServer } from "./resolver_options.ts";

/**
 * Asks a server over TCP, for an answer too large for a datagram: RFC 7766.
 * Resolves when it is answered; rejects when the server ends or breaks the
 * connection, and with the signal's reason when it aborts.
 */
export async function exchangeTcp(
  server: Required<NameServer>,
  question: Question,
  plain: boolean,
  signal: AbortSignal,
): Promise<void> {
  try {
    const conn = await connectStream(server, signal);
    let isOpen = true;
    const close = () => { // it ends a pending read
      if (isOpen) conn.close();
      isOpen = false;
    };
    signal.addEventListener("abort", close);
    try {
      signal.throwIfAborted();
      await writeAll(conn, frame(question.write(plain)));
      const head = await readExactly(conn, 2);
      const message = await readExactly(conn, head[0]! << 8 | head[1]!);
      if (question.accept(message)) return;
      throw new Error("The server answered another question");
    } finally {
      signal.removeEventListener("abort", close);
      close();
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

function frame(query: Uint8Array): Uint8Array {
  const framed = new Uint8Array(query.length + 2);
  framed[0] = query.length >> 8;
  framed[1] = query.length;
  framed.set(query, 2);
  return framed;
}

async function writeAll(conn: DnsStream, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await conn.write(bytes.subarray(at));
  }
}

async function readExactly(conn: DnsStream, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size;) {
    const count = await conn.read(bytes.subarray(at));
    if (count === null) {
      throw makeError("UnexpectedEof", "The server ended the connection");
    }
    at += count;
  }
  return bytes;
}
