/**
 * A server of ours that reverses lines, for `openssl s_client`.
 *
 * @module
 */
import { assert } from "@std/assert";
import { SocketError } from "@berkeley/sockets/errors";
import {
  serveTls,
  type ServeTlsOptions,
  type TlsConn,
  type TlsServer,
} from "@berkeley/sockets/tls";
import { type CertificateName, CERTIFICATES } from "./_certificates.ts";
import { startClient } from "./_openssl.ts";

const { cert, key } = CERTIFICATES.server;

/** A server that reverses lines, and what it reported. */
export async function serveReversed(
  options: Partial<ServeTlsOptions>,
  onConn: (conn: TlsConn) => void = () => {},
): Promise<TlsServer & { readonly errors: SocketError[] }> {
  const errors: SocketError[] = [];
  const onError = (error: unknown) => {
    assert(error instanceof SocketError, String(error));
    errors.push(error);
  };
  const running = await serveTls(
    { hostname: "127.0.0.1", port: 0, cert, key, ...options, onError },
    async (conn) => {
      onConn(conn);
      for await (const line of conn.lines()) {
        await conn.send(
          [...line].reverse().join("") + "\n",
        );
      }
    },
  );
  return Object.assign(running, { errors });
}

/** Runs a client that sends a line; returns what it printed, and how it ended. */
export async function exchange(
  port: number,
  name: CertificateName | undefined,
  ...args: string[]
): Promise<{ isAnswered: boolean; text: string }> {
  // With -no_ign_eof, the end of its input makes it close in order.
  const flags = ["-quiet", "-no_ign_eof", ...args];
  await using client = startClient(port, name, ...flags);
  await client.write("hello\n");
  const isAnswered = await client.printed(/^olleh$/m).then(
    () => true,
    () => false,
  );
  await client.endInput();
  const { stdout, stderr } = await client.finished();
  return { isAnswered, text: stdout + stderr };
}
