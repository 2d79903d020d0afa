/**
 * TLS echo in which both sides show a certificate: a server, a client, or both in one.
 *
 * @module
 */
import {
  connectTls,
  ProtocolError,
  serveTls,
  type TlsServer,
} from "@berkeley/sockets";
import { makeCertificate } from "@berkeley/sockets/testing";
import { parseArgs } from "@std/cli/parse-args";

const USAGE = `Usage: tls_echo [serve | talk] [options]

Without a word, serves on a free port with certificates made for this run, and talks
to itself: once with a client certificate, and once without.

  --hostname NAME    where to serve, or the server's name (localhost)
  --port NUMBER      0 chooses a free port (0)
  --cert FILE        the certificate to show, in PEM
  --key FILE         its private key, in PEM
  --ca FILE          the certificates that the other side's must be issued by
  --count NUMBER     how many lines to send (3)
  -h, --help         this text

With files, it needs --allow-read:

  deno run --allow-net --allow-read examples/run.ts tls_echo serve \\
    --port 8443 --cert server.pem --key server.key --ca clients.pem`;

/** What one side shows, and what it trusts. */
export interface Identity {
  /** Its certificate, in PEM. */
  cert: string;
  /** The private key, in PEM. */
  key: string;
  /** The issuers of the other side's certificate. */
  caCerts: string[];
}

/** Where a server is. */
interface Place {
  hostname: string;
  port: number;
}

/** Echoes lines to clients with a certificate, with their names in front. */
export async function serveTlsEcho(
  place: Place,
  identity: Identity,
): Promise<TlsServer> {
  const onError = (error: unknown) => console.error(String(error));
  return await serveTls(
    { ...place, ...identity, clientAuth: "require", onError },
    async (conn) => {
      const name = conn.peerCertificate?.subject.CN;
      for await (const line of conn.lines({ limit: 4096 })) {
        await conn.send(`${name}: ${line}\n`);
      }
      await conn.closeWrite(); // close_notify: nothing of the answer is missing
    },
  );
}

/** Sends lines, and prints what comes back. */
async function talk(
  place: Place,
  identity: Partial<Identity>,
  count: number,
): Promise<void> {
  await using conn = await connectTls({ ...place, ...identity, timeout: 5000 });
  for (let i = 1; i <= count; i++) {
    await conn.send(`Hello, TLS ${i}\n`);
    const line = await conn.readLine({ timeout: 5000 });
    if (line === null) throw new Error("The server hung up");
    console.log(line);
  }
  await conn.closeWrite();
  await conn.readLine({ timeout: 5000 }); // its close_notify
}

/** Serves and talks in one process, with certificates of an authority of its own. */
async function demonstrate(place: Place, count: number): Promise<void> {
  const issuer = await makeCertificate({ isAuthority: true });
  const caCerts = [issuer.cert];
  const server = await makeCertificate({ issuer, usage: "server" });
  const client = await makeCertificate({
    issuer,
    usage: "client",
    commonName: "client one",
  });

  await using running = await serveTlsEcho(place, { ...server, caCerts });
  const { port } = running.addr;
  console.log(`Echoing TLS on ${place.hostname} port ${port}`);
  const there = { ...place, port };
  await talk(there, { ...client, caCerts }, count);
  try {
    await talk(there, { caCerts }, count);
    throw new Error("The server took a client without a certificate");
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    console.log(`Without a certificate: ${error.code}`);
  }
}

/** Reads the files that the options name. */
async function identityOf(
  options: Readonly<Record<"cert" | "key" | "ca", string | undefined>>,
): Promise<Identity> {
  const { cert, key, ca } = options;
  if (cert === undefined || key === undefined || ca === undefined) {
    throw new TypeError("Say --cert, --key and --ca");
  }
  const [certText, keyText, caText] = await Promise.all(
    [cert, key, ca].map((path) => Deno.readTextFile(path)),
  );
  return { cert: certText!, key: keyText!, caCerts: [caText!] };
}

/** Resolves when the user presses Ctrl-C. */
function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    Deno.addSignalListener("SIGINT", function stop() {
      Deno.removeSignalListener("SIGINT", stop);
      resolve();
    });
  });
}

/** Runs the example. */
export async function main(args: string[]): Promise<void> {
  const options = parseArgs(args, {
    boolean: ["help"],
    string: ["hostname", "port", "cert", "key", "ca", "count"],
    default: { hostname: "localhost", port: "0", count: "3" },
    alias: { help: "h" },
    unknown: (word, option) => {
      if (option !== undefined) throw new TypeError(`No such option: ${word}`);
    },
  });
  if (options.help) return console.log(USAGE);
  const { hostname, _: [role] } = options;
  const place = { hostname, port: Number(options.port) };
  const count = Number(options.count);
  if (!(count >= 0)) {
    throw new RangeError(`--count must be 0 or more: ${options.count}`);
  }
  if (role === undefined) return await demonstrate(place, count);
  if (role === "talk") {
    return await talk(place, await identityOf(options), count);
  }
  if (role !== "serve") throw new TypeError(`No such role: ${role}`);

  const server = await serveTlsEcho(place, await identityOf(options));
  console.log(`Echoing TLS on ${hostname} port ${server.addr.port}`);
  await interrupted();
  await server.shutdown({ timeout: 1000 });
}

if (import.meta.main) {
  await main(Deno.args).catch((error) => {
    console.error(error.message);
    const isMisuse = /^(Type|Range|Syntax)Error$/.test(error.name);
    Deno.exit(isMisuse ? 2 : 1);
  });
}
