/**
 * A Worker whose connections are as busy as they can be, over libc and without a
 * pause: they flood a server, or answer each message with the next one. It ends
 * when a flag in shared memory is set.
 *
 * @module
 */
import {
  AF_INET,
  AF_INET6,
  type PosixSocket,
  SOCK_STREAM,
  socket,
} from "../../posix/mod.ts";

/** When it ends although no flag is set, in milliseconds: a slow test takes seconds. */
const LIMIT = 60_000;

/** What the Worker does. */
export interface BusyPeers {
  /** Where the server is. */
  name: { hostname: string; port: number };
  /** How many connections there are. */
  count: number;
  /** Whether they send without an answer. */
  isFlood: boolean;
  /** The first is not 0 when they are to end, the second when they have ended. */
  flags: Int32Array;
}

const worker = self as unknown as {
  onmessage: (event: MessageEvent<BusyPeers>) => void;
  postMessage(message: string): void;
};

async function connect(name: BusyPeers["name"]): Promise<PosixSocket> {
  const isV6 = name.hostname.includes(":");
  const conn = socket(isV6 ? AF_INET6 : AF_INET, SOCK_STREAM);
  conn.setSockOpt("TCP_NODELAY", true);
  await conn.connect(name);
  return conn;
}

function keepBusy(conns: PosixSocket[], { isFlood, flags }: BusyPeers): void {
  const bytes = new Uint8Array(isFlood ? 64 * 1024 : 64);
  const buffer = new Uint8Array(1024);
  for (const conn of conns) conn.sendNow(bytes);
  const end = performance.now() + LIMIT;
  while (Atomics.load(flags, 0) === 0 && performance.now() < end) {
    for (const conn of conns) {
      if (isFlood || conn.recvNow(buffer)) conn.sendNow(bytes);
    }
  }
}

worker.onmessage = async ({ data }) => {
  const conns = await Promise.all(
    Array.from({ length: data.count }, () => connect(data.name)),
  );
  worker.postMessage("busy");
  try {
    keepBusy(conns, data);
  } finally {
    Atomics.store(data.flags, 1, 1);
    for (const conn of conns) conn.close();
    worker.postMessage("over");
  }
};
