/**
 * What the systems that we test on have, and some lack: tried once, before the
 * tests. A test that needs it is ignored where it is missing, and the output says
 * what is skipped.
 *
 * @module
 */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { IS_DENO } from "./_runtime.ts";

function told(has: boolean, what: string): boolean {
  if (!has) console.log(`skipped: ${what}`);
  return has;
}

/** All of 127.0.0.0/8, where macOS has 127.0.0.1 only. */
export const HAS_LOOPBACK_NET: boolean = told(
  IS_DENO ? canListen("127.0.0.2") : Deno.build.os !== "darwin",
  "tests that need 127.0.0.2, which this system lacks",
);

function canListen(hostname: string): boolean {
  try {
    Deno.listen({ hostname, port: 0 }).close();
    return true;
  } catch {
    return false;
  }
}

/** 127.255.255.255 as a broadcast address. */
export const HAS_LOOPBACK_BROADCAST: boolean = told(
  await canBroadcast(),
  "tests that need broadcasts over loopback, which this system lacks",
);

async function canBroadcast(): Promise<boolean> {
  const options = { type: "udp4", signal: AbortSignal.timeout(1000) } as const;
  const receiver = createSocket(options);
  const sender = createSocket(options);
  try {
    const received = once(receiver, "message", options);
    receiver.bind(0, "0.0.0.0");
    sender.bind(0, "0.0.0.0");
    await Promise.all([once(receiver, "listening"), once(sender, "listening")]);
    sender.setBroadcast(true);
    sender.on("error", () => {}); // then nothing arrives
    sender.send("x", receiver.address().port, "127.255.255.255");
    await received;
    return true;
  } catch {
    return false;
  } finally {
    close(receiver);
    close(sender);
  }
}

/** Sockets of IPv6 that hear IPv4, too, which Windows forbids by default. */
export const HAS_DUAL_STACK: boolean = told(
  IS_DENO ? await isDualStack() : Deno.build.os !== "windows",
  "tests that need dual-stack sockets, which this system lacks by default",
);

/** Whether a UDP socket of a backend on `::` hears IPv4, too, on this system. */
export function hearsBoth(backend: string): boolean {
  return HAS_DUAL_STACK || backend === "posix" ||
    backend === "node" && Deno.build.os === "windows"; // by a second socket
}

async function isDualStack(): Promise<boolean> {
  try {
    using listener = Deno.listen({ hostname: "::", port: 0 });
    const { port } = listener.addr;
    using _ = await Deno.connect({ hostname: "127.0.0.1", port });
    return true;
  } catch {
    return false;
  }
}

/** Datagrams of any size that UDP has: macOS sends none over 9,216 bytes. */
export const HAS_LARGE_DATAGRAMS: boolean = told(
  await canSend(65_507),
  "tests that need datagrams over 9,216 bytes, which this system does not send",
);

function canSend(size: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    const end = (error: Error | null) => {
      close(socket);
      resolve(error === null);
    };
    socket.on("error", end);
    socket.bind(0, "127.0.0.1", () => {
      socket.send(
        new Uint8Array(size),
        socket.address().port,
        "127.0.0.1",
        end,
      );
    });
  });
}

function close(socket: ReturnType<typeof createSocket>): void {
  try {
    socket.close();
  } catch { // closed already
  }
}

/** EPIPE for writes to a peer that has gone; on Windows they are resets. */
export const HAS_EPIPE: boolean = told(
  IS_DENO ? await breaksPipes() : Deno.build.os !== "windows",
  "tests that need EPIPE, which this system lacks",
);

async function breaksPipes(): Promise<boolean> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using client = await Deno.connect({ port: listener.addr.port });
  (await listener.accept()).close();
  // The first writes find the peer gone, and a later one the pipe broken.
  for (let i = 0; i < 1000; i++) {
    try {
      await client.write(new Uint8Array(1));
    } catch (error) {
      if (error instanceof Deno.errors.BrokenPipe) return true;
      if (!(error instanceof Deno.errors.ConnectionReset)) return false;
    }
  }
  return false;
}

/** The codes of a write to a peer that has gone. */
export const GONE_CODES: readonly string[] = HAS_EPIPE
  ? ["EPIPE", "ECONNRESET"]
  : ["EPIPE", "ECONNRESET", "ECONNABORTED"];
