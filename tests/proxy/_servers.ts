/**
 * Small proxies for tests, which read requests by the letter of their specifications,
 * and connect by the functions of a host.
 *
 * @module
 */
import { formatHostPort, IpAddress } from "@berkeley/sockets/address";
import type { Sockets } from "@berkeley/sockets";
import { relay, type StreamConn } from "@berkeley/sockets/stream";

/** What a proxy of a test was asked for, and how it answers. */
export interface ProxyLog {
  /** The targets, as in the requests. */
  readonly targets: string[];
  /** What else requests held: credentials, header fields. */
  readonly details: string[];
}

/** How a proxy of a test behaves. */
export interface Behaviour {
  /** `user:password` that it requires. */
  readonly credentials?: string;
  /** Whether each byte of an answer leaves on its own, a millisecond after the last. */
  readonly isSlow?: boolean;
  /** What it sends right behind its answer, in one piece with it. */
  readonly behind?: string;
  /** Addresses of names, if the host is to look up none. */
  readonly names?: Readonly<Record<string, string>>;
}

type Handler = (conn: StreamConn) => Promise<void>;

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

export function newLog(): ProxyLog {
  return { targets: [], details: [] };
}

async function answer(
  conn: StreamConn,
  bytes: readonly number[] | Uint8Array,
  { isSlow = false }: Behaviour,
): Promise<void> {
  if (!isSlow) return await conn.send(new Uint8Array(bytes));
  for (const byte of bytes) {
    await conn.send(new Uint8Array([byte]));
    await conn.flush();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Connects, answers, and relays until both sides have ended. */
async function carry(
  host: Pick<Sockets, "connectTcp">,
  conn: StreamConn,
  target: { hostname: string; port: number },
  granted: readonly number[],
  behaviour: Behaviour,
): Promise<void> {
  const { names = {}, behind = "" } = behaviour;
  const hostname = names[target.hostname] ?? target.hostname;
  using far = await host.connectTcp({ hostname, port: target.port });
  await answer(conn, [...granted, ...encode(behind)], behaviour);
  await relay(conn, far);
}

/** A SOCKS5 proxy: RFC 1928 and RFC 1929. */
export function socks5Server(
  host: Pick<Sockets, "connectTcp">,
  log: ProxyLog = newLog(),
  behaviour: Behaviour = {},
): Handler {
  return async (conn) => {
    const [version, count] = await conn.readExact(2);
    if (version !== 5) throw new Error(`version ${version}`);
    const methods = [...await conn.readExact(count!)];
    const method = behaviour.credentials === undefined ? 0 : 2;
    if (!methods.includes(method)) {
      return await conn.send(Uint8Array.of(5, 0xff));
    }
    await answer(conn, [5, method], behaviour);
    if (method === 2) {
      const text = async () => {
        const [length] = await conn.readExact(1);
        return decode(await conn.readExact(length!));
      };
      const [version] = await conn.readExact(1);
      const given = `${await text()}:${await text()}`;
      log.details.push(`${version} ${given}`);
      const isRight = given === behaviour.credentials;
      await answer(conn, [1, isRight ? 0 : 1], behaviour);
      if (!isRight) return;
    }
    const [, command, reserved, type] = await conn.readExact(4);
    if (command !== 1 || reserved !== 0) throw new Error("no CONNECT");
    const size = type === 3
      ? (await conn.readExact(1))[0]!
      : type === 1
      ? 4
      : 16;
    const address = await conn.readExact(size);
    const hostname = type === 3
      ? decode(address)
      : `${IpAddress.fromBytes(address)}`;
    const port = new DataView((await conn.readExact(2)).buffer).getUint16(0);
    log.targets.push(formatHostPort(hostname, port));
    const granted = [5, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    await carry(host, conn, { hostname, port }, granted, behaviour);
  };
}

/** A SOCKS4A proxy. */
export function socks4aServer(
  host: Pick<Sockets, "connectTcp">,
  log: ProxyLog = newLog(),
  behaviour: Behaviour = {},
): Handler {
  return async (conn) => {
    const head = await conn.readExact(8);
    const text = async () =>
      decode((await conn.readUntil("\0"))!).replace("\0", "");
    const view = new DataView(head.buffer);
    if (view.getUint16(0) !== 0x0401) throw new Error("no CONNECT of SOCKS4");
    const user = await text();
    if (user !== "") log.details.push(user);
    const isName = head[4] === 0 && head[5] === 0 && head[6] === 0;
    const hostname = isName
      ? await text()
      : `${IpAddress.fromBytes(head.slice(4))}`;
    const port = view.getUint16(2);
    log.targets.push(formatHostPort(hostname, port));
    const granted = [0, 0x5a, 0, 0, 0, 0, 0, 0];
    await carry(host, conn, { hostname, port }, granted, behaviour);
  };
}

/** An HTTP proxy that knows CONNECT only. */
export function httpServer(
  host: Pick<Sockets, "connectTcp">,
  log: ProxyLog = newLog(),
  behaviour: Behaviour = {},
): Handler {
  return async (conn) => {
    const lines: string[] = [];
    for (let line; (line = await conn.readLine()) !== "";) lines.push(line!);
    const [request, ...fields] = lines;
    const found = /^CONNECT (?:\[(.*)\]|([^:]*)):(\d+) HTTP\/1\.1$/.exec(
      request!,
    );
    if (found === null) throw new Error(request);
    const [, six, other, digits] = found;
    const hostname = six ?? other!;
    const port = Number(digits);
    log.targets.push(formatHostPort(hostname, port));
    log.details.push(...fields);
    const { credentials } = behaviour;
    const wanted = `Proxy-Authorization: Basic ${btoa(credentials ?? "")}`;
    if (credentials !== undefined && !fields.includes(wanted)) {
      const status = "HTTP/1.1 407 Proxy Authentication Required\r\n";
      return await conn.send(`${status}Content-Length: 2\r\n\r\nno`);
    }
    const head = "HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n";
    await carry(host, conn, { hostname, port }, [...encode(head)], behaviour);
  };
}
