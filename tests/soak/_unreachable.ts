/**
 * What is seen of hosts and networks that cannot be reached.
 *
 * @module
 */
import { connectTcp } from "@berkeley/sockets/tcp";
import { bindUdp, connectUdp } from "@berkeley/sockets/udp";
import {
  HostUnreachableError,
  NetworkUnreachableError,
  SocketError,
} from "@berkeley/sockets/errors";
import type { Account } from "./_account.ts";
import { UNREACHABLE } from "./_bad_network.ts";
import { TCP_BACKENDS, UDP_BACKENDS } from "./_round.ts";

const KINDS = {
  ENETUNREACH: NetworkUnreachableError,
  EHOSTUNREACH: HostUnreachableError,
} as const;

/**
 * Tries each address by every call that reports it. `node:dgram` alone does not
 * tell why the kernel refuses to send.
 */
export async function checkUnreachable(account: Account): Promise<void> {
  for (const { hostname, code } of UNREACHABLE) {
    const expect = async (
      what: string,
      attempt: () => Promise<unknown>,
      isUntold = false,
    ) => {
      const error = await attempt().then(() => "nothing", (error) => error);
      const isAsExpected = isUntold
        ? error instanceof SocketError && error.code === "EIO" &&
          error.message.includes("does not say why")
        : error instanceof KINDS[code] && error.code === code;
      account.check(
        isAsExpected,
        () => `${what} to ${hostname}: expected ${code}, but met ${error}`,
      );
      account.count("unreachable addresses seen as such");
    };
    for (const backend of TCP_BACKENDS) {
      await expect(
        `connectTcp over ${backend}`,
        async () => (await connectTcp({ hostname, port: 9, backend })).close(),
      );
    }
    for (const backend of UDP_BACKENDS) {
      const any = hostname.includes(":") ? "::" : "0.0.0.0";
      using socket = await bindUdp({ hostname: any, backend });
      await expect(
        `sendTo over ${backend}`,
        () => socket.sendTo(new Uint8Array(1), { hostname, port: 9 }),
        backend === "node",
      );
      await expect(
        `send over ${backend}`,
        async () => { // which the kernel refuses when it connects, or when it sends
          using connected = await connectUdp({ hostname, port: 9, backend });
          await connected.send(new Uint8Array(1));
        },
        backend === "node",
      );
    }
  }
}
