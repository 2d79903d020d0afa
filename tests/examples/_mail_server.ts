/**
 * A mail server that knows nothing but STARTTLS, over `node:tls`: the runtime's
 * own `Deno.startTls` is for clients.
 *
 * @module
 */
import net from "node:net";
import tls from "node:tls";

/** A server that is running. */
export interface MailServer extends AsyncDisposable {
  port: number;
  /** The commands that came, those in secret with "secret: " in front. */
  heard: string[];
}

/** What it answers to the first word of a command, where not as usual. */
export type Answers = Record<string, string | undefined>;

/**
 * Starts a server on a free port of the loopback interface. Without a certificate
 * it promises TLS, and then says nothing.
 */
export async function startMailServer(
  certificate: { cert: string; key: string } | undefined,
  answers: Answers = {},
): Promise<MailServer> {
  const heard: string[] = [];
  const sockets = new Set<net.Socket>();
  const all: Answers = {
    greeting: "220 mail ESMTP\r\n",
    EHLO: "250-mail\r\n250-SIZE 1000\r\n250 STARTTLS\r\n",
    STARTTLS: "220 go ahead\r\n",
    "secret: EHLO": "250-mail\r\n250 AUTH PLAIN\r\n",
    "secret: QUIT": "221 bye\r\n",
    ...answers,
  };
  const serve = (socket: net.Socket, prefix: string) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {}); // what went wrong, the client tells
    socket.on("data", function onData(data: Uint8Array) {
      const command = prefix + new TextDecoder().decode(data).trimEnd();
      heard.push(command);
      const answer = all[/^(secret: )?\w+/.exec(command)?.[0] ?? ""];
      if (answer === undefined) {
        socket.destroy();
      } else if (command === "STARTTLS" && answer.startsWith("220")) {
        socket.removeListener("data", onData);
        socket.write(answer, () => {
          if (certificate === undefined) return;
          const options = { ...certificate, isServer: true };
          serve(new tls.TLSSocket(socket, options), "secret: ");
        });
      } else {
        socket.write(answer);
      }
    });
  };
  const server = net.createServer((socket) => {
    serve(socket, "");
    socket.write(all.greeting!);
  });
  await new Promise<void>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve())
  );
  return {
    port: (server.address() as net.AddressInfo).port,
    heard,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
