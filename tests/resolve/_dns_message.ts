/**
 * The server's side of RFC 1035, written apart from the resolver's.
 *
 * @module
 */

/** A record in the zone file's manner: `["MX", 300, "10 mx.example."]` in parts. */
export type ZoneRecord =
  | { type: "A" | "AAAA" | "CNAME" | "PTR" | "NS"; ttl?: number; data: string }
  | { type: "MX"; ttl?: number; data: [number, string] }
  | { type: "SRV"; ttl?: number; data: [number, number, number, string] }
  | { type: "TXT"; ttl?: number; data: string[] }
  | { type: "CAA"; ttl?: number; data: [number, string, string] }
  | {
    type: "NAPTR";
    ttl?: number;
    data: [number, number, string, string, string, string];
  }
  | {
    type: "SOA";
    ttl?: number;
    data: [string, string, number, number, number, number, number];
  };

/** The records of each name, in lower case and without final dot. */
export type Zone = Record<string, ZoneRecord[]>;

const TYPES: Record<string, number> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  NAPTR: 35,
  CAA: 257,
};

/** A question as it came in. */
export interface Question {
  id: number;
  name: string;
  type: string;
  /** The question's own bytes, to be repeated in the answer. */
  bytes: Uint8Array;
  /** The size of the largest answer that its EDNS(0) record allows, if it has one. */
  udpSize?: number | undefined;
}

/** Reads a query; the test fails loudly when the resolver sends nonsense. */
export function readQuestion(message: Uint8Array): Question {
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  if (view.getUint16(4) !== 1) throw new Error("not one question");
  if ((view.getUint16(2) & 0xf900) !== 0x0100) {
    throw new Error("not a recursive standard query");
  }
  const labels: string[] = [];
  let at = 12;
  for (let size = message[at]!; size !== 0; size = message[at]!) {
    if (size > 63) throw new Error("bad label");
    labels.push(
      new TextDecoder().decode(message.subarray(at + 1, at + 1 + size)),
    );
    at += size + 1;
  }
  const number = view.getUint16(at + 1);
  if (view.getUint16(at + 3) !== 1) throw new Error("not the Internet class");
  const type = Object.keys(TYPES).find((key) => TYPES[key] === number);
  if (type === undefined) throw new Error(`unknown type ${number}`);
  const name = labels.join(".").toLowerCase();
  const end = at + 5;
  return {
    id: view.getUint16(0),
    name,
    type,
    bytes: message.slice(12, end),
    udpSize: readUdpSize(view, end),
  };
}

/** The size in the OPT record of RFC 6891, which is all that may follow a question. */
function readUdpSize(view: DataView, at: number): number | undefined {
  const additional = view.getUint16(10);
  if (view.getUint32(6) !== 0) throw new Error("a query with answers");
  if (additional === 0 && view.byteLength === at) return undefined;
  const isPlainOpt = additional === 1 && view.byteLength === at + 11 &&
    view.getUint8(at) === 0 && view.getUint16(at + 1) === 41 &&
    view.getUint32(at + 5) === 0 && view.getUint16(at + 9) === 0;
  if (!isPlainOpt) throw new Error("not an EDNS(0) record alone");
  return view.getUint16(at + 3);
}

/** Bytes that grow. */
class Writer {
  readonly bytes: number[] = [];
  u8(value: number): this {
    this.bytes.push(value & 255);
    return this;
  }
  u16(value: number): this {
    return this.u8(value >> 8).u8(value);
  }
  u32(value: number): this {
    return this.u16(value >>> 16).u16(value);
  }
  raw(bytes: Iterable<number>): this {
    for (const byte of bytes) this.bytes.push(byte);
    return this;
  }
  string(text: string): this {
    const bytes = new TextEncoder().encode(text);
    return this.u8(bytes.length).raw(bytes);
  }
  name(name: string): this {
    for (const label of name.split(".").filter((label) => label !== "")) {
      this.string(label);
    }
    return this.u8(0);
  }
}

function ipv6Bytes(text: string): number[] {
  const [head = "", tail] = text.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  const groups = [...left, ...Array<string>(zeros).fill("0"), ...right];
  return groups.flatMap((
    group,
  ) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 255]);
}

function writeData(writer: Writer, record: ZoneRecord): void {
  switch (record.type) {
    case "A":
      writer.raw(record.data.split(".").map(Number));
      break;
    case "AAAA":
      writer.raw(ipv6Bytes(record.data));
      break;
    case "CNAME":
    case "PTR":
    case "NS":
      writer.name(record.data);
      break;
    case "MX":
      writer.u16(record.data[0]).name(record.data[1]);
      break;
    case "SRV":
      writer.u16(record.data[0]).u16(record.data[1]).u16(record.data[2]).name(
        record.data[3],
      );
      break;
    case "TXT":
      for (const text of record.data) writer.string(text);
      break;
    case "CAA":
      writer.u8(record.data[0]).string(record.data[1]).raw(
        new TextEncoder().encode(record.data[2]),
      );
      break;
    case "NAPTR": {
      const [order, preference, flags, services, regexp, replacement] =
        record.data;
      writer.u16(order).u16(preference).string(flags).string(services).string(
        regexp,
      )
        .name(replacement);
      break;
    }
    case "SOA": {
      const [mname, rname, ...numbers] = record.data;
      writer.name(mname).name(rname);
      for (const number of numbers) writer.u32(number);
    }
  }
}

/** What an answer says. */
export interface Response {
  rcode?: number;
  truncated?: boolean;
  /** Whether the server says that it asks others: RA. */
  isRecursive?: boolean;
  answers?: [name: string, record: ZoneRecord][];
  authorities?: [name: string, record: ZoneRecord][];
  /** Another id than the question's. */
  id?: number;
  /** Another question than the one asked. */
  question?: Uint8Array;
  /** Whether to answer EDNS(0) with EDNS(0), as servers do that know it. */
  edns?: boolean;
}

/** Writes an answer to a question, without name compression but for the owner that was asked for. */
export function writeResponse(
  question: Question,
  response: Response,
): Uint8Array {
  const { rcode = 0, truncated = false, isRecursive = true } = response;
  const hasOpt = question.udpSize !== undefined && (response.edns ?? true);
  const { answers = [], authorities = [] } = response;
  const writer = new Writer();
  writer.u16(response.id ?? question.id).u16(
    0x8100 | (isRecursive ? 0x0080 : 0) | (truncated ? 0x0200 : 0) | rcode & 15,
  );
  writer.u16(1).u16(answers.length).u16(authorities.length).u16(
    hasOpt ? 1 : 0,
  );
  writer.raw(response.question ?? question.bytes);
  for (const [name, record] of [...answers, ...authorities]) {
    if (name === question.name) writer.u16(0xc00c);
    else writer.name(name);
    writer.u16(TYPES[record.type]!).u16(1).u32(record.ttl ?? 300);
    const data = new Writer();
    writeData(data, record);
    writer.u16(data.bytes.length).raw(data.bytes);
  }
  if (hasOpt) writer.u8(0).u16(41).u16(1232).u32(rcode >> 4 << 24).u16(0);
  return new Uint8Array(writer.bytes);
}

/** What a zone answers to a question: records behind CNAMEs, else a SOA of its own. */
export function answerFrom(zone: Zone, question: Question): Response {
  const answers: [string, ZoneRecord][] = [];
  let name = question.name;
  for (let i = 0; i < 20; i++) {
    const records = zone[name];
    const found = records?.filter(({ type }) => type === question.type) ?? [];
    if (found.length > 0) {
      for (const record of found) answers.push([name, record]);
      return { answers };
    }
    const link = records?.find(({ type }) => type === "CNAME");
    if (link === undefined || link.type !== "CNAME") {
      const soa: ZoneRecord = {
        type: "SOA",
        ttl: 60,
        data: ["ns.example.test", "admin.example.test", 1, 2, 3, 4, 60],
      };
      return {
        rcode: records === undefined ? 3 : 0,
        answers,
        authorities: [["example.test", soa]],
      };
    }
    answers.push([name, link]);
    name = link.data;
  }
  return { answers };
}
