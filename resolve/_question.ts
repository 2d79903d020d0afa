import { decodeAnswer, type DnsAnswer, encodeQuery } from "./_dns_message.ts";
import type { RecordType } from "./records.ts";

/** A question to one server, the queries that ask it, and the answer once it came. */
export class Question {
  readonly #name: string;
  readonly #type: RecordType;
  readonly #sent: { readonly id: number; readonly plain: boolean }[] = [];
  /** The first answer that was accepted. */
  answer: DnsAnswer | undefined;
  /** Whether the query that was answered was one without EDNS(0). */
  isPlain = false;

  /** Asks for the records of a type. */
  constructor(name: string, type: RecordType) {
    this.#name = name;
    this.#type = type;
  }

  /** Writes a query with an id of its own. */
  write(plain: boolean): Uint8Array<ArrayBuffer> {
    let [id] = crypto.getRandomValues(new Uint16Array(1));
    // Ids tell the answers on one socket apart, so no two may be the same.
    while (this.#sent.some((query) => query.id === id)) id = (id! + 1) & 0xffff;
    this.#sent.push({ id: id!, plain });
    return encodeQuery(id!, this.#name, this.#type, plain);
  }

  /** Takes a message; returns whether it was the answer. */
  accept(message: Uint8Array): boolean {
    const id = message[0]! << 8 | message[1]!;
    const query = this.#sent.find((query) => query.id === id);
    if (query === undefined) return false;
    const answer = decodeAnswer(message, id, this.#name, this.#type);
    if (answer === undefined) return false;
    this.answer = answer;
    this.isPlain = query.plain;
    return true;
  }
}
