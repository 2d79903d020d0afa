/** Certificates and sessions that `node:tls` of Deno lets through, and we do not. */
import { assert, assertEquals } from "@std/assert";
import { StreamConn } from "@berkeley/sockets/stream";
import { listenTcp } from "@berkeley/sockets/tcp";
import {
  makeCertificate,
  type TestCertificate,
} from "@berkeley/sockets/testing";
import { wrapServerNode } from "../../tls/_node_transport.ts";
import type { ServerSettings } from "../../tls/_transport.ts";
import { bytes, eachTransport } from "../_each_stream.ts";
import { hasProgram } from "../_programs.ts";
import {
  authority,
  clientSettings,
  codeOf,
  serverSettings,
  shake,
} from "./_wrapped.ts";
import { IS_DENO } from "../_runtime.ts";

const ignore = !hasProgram("openssl");

async function openssl(...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("openssl", {
    args,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  assert(success, new TextDecoder().decode(stderr));
}

/** A certificate of X.509v1, which has no extensions, signed by `issuer`. */
async function makeVersion1(
  issuer: TestCertificate,
): Promise<{ cert: string; key: string }> {
  const dir = await Deno.makeTempDir();
  try {
    const [ca, caKey, key, request, cert] = [1, 2, 3, 4, 5]
      .map((name) => `${dir}/${name}`) as [
        string,
        string,
        string,
        string,
        string,
      ];
    await Deno.writeTextFile(ca, issuer.cert);
    await Deno.writeTextFile(caKey, issuer.key);
    await Deno.writeTextFile(key, (await makeCertificate()).key);
    await openssl(
      "req",
      "-new",
      "-key",
      key,
      "-subj",
      "/CN=localhost",
      "-out",
      request,
    );
    await openssl(
      ...["x509", "-req", "-in", request, "-CA", ca, "-CAkey", caKey],
      ...["-set_serial", "1", "-out", cert],
    );
    return {
      cert: await Deno.readTextFile(cert),
      key: await Deno.readTextFile(key),
    };
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** An authority with the name of the one that clients trust, and another key. */
const impostor = await makeCertificate({ isAuthority: true });
const forgedVersion1 = ignore ? undefined : await makeVersion1(impostor);
const version1 = ignore ? undefined : await makeVersion1(authority);
const forged = await makeCertificate({ issuer: impostor });

const FORGERIES = [
  {
    name: "of X.509v1 that another authority of this name signed",
    sent: forgedVersion1,
  },
  { name: "of X.509v1 that the authority signed", sent: version1 },
  { name: "that another authority of this name signed", sent: forged },
  {
    name: "that another authority signed, with that authority",
    sent: { cert: forged.cert + impostor.cert, key: forged.key },
  },
  {
    name: "of X.509v1 in front of the trusted authority",
    sent: forgedVersion1 &&
      { ...forgedVersion1, cert: forgedVersion1.cert + authority.cert },
  },
];

for (const { name, sent } of FORGERIES) {
  for (const unsafelyDisableHostnameVerification of [false, true]) {
    const checks = unsafelyDisableHostnameVerification ? "" : " and its name";
    eachTransport(
      `a client that checks the issuer${checks} refuses a certificate ${name}`,
      async ({ pair }) => {
        if (sent === undefined) return; // without openssl, which says so below
        using ends = await pair();
        await using shaken = await shake(
          ends,
          clientSettings({ unsafelyDisableHostnameVerification }),
          serverSettings({ certificate: sent }),
        );
        const { client, server } = shaken.outcome;
        assert(
          /^(ECERT|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO)/.test(String(client)),
          String(client),
        );
        assertEquals(typeof server, "string"); // it is told
      },
    );
  }
}

eachTransport(
  "a client that does not check the name still checks the issuer",
  async ({ pair }) => {
    using ends = await pair();
    await using shaken = await shake(
      ends,
      clientSettings({
        serverName: "other.example",
        unsafelyDisableHostnameVerification: true,
      }),
    );
    assertEquals(typeof shaken.outcome.client, "object");
  },
);

/** What a server said to each client in turn: how the handshake went. */
async function serve(
  clientAuth: ServerSettings["clientAuth"],
  outcomes: string[],
): Promise<{ port: number } & AsyncDisposable> {
  const listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
  const settings = serverSettings({ clientAuth });
  const serving = (async () => {
    for await (const plain of listener) {
      const transport = await wrapServerNode(plain, settings);
      try {
        await transport.handshake();
        outcomes.push("accepted");
        const conn = new StreamConn(transport);
        await conn.send(bytes("welcome\n"));
        await conn.readLine().catch(() => {});
      } catch (error) {
        outcomes.push(codeOf(error));
      }
      await transport.close();
    }
  })();
  return {
    port: listener.addr.port,
    async [Symbol.asyncDispose]() {
      listener.close();
      await serving;
    },
  };
}

/** Connects by openssl, and returns whether it resumed a session, and was welcome. */
async function connect(port: number, ...args: string[]) {
  const child = new Deno.Command("openssl", {
    args: [
      "s_client",
      "-connect",
      `127.0.0.1:${port}`,
      "-servername",
      "localhost",
      ...args,
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const input = child.stdin.getWriter();
  let text = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    // The tickets of TLS 1.3 come before the welcome.
    if (text.includes("welcome")) {
      await input.write(bytes("Q\n")).catch(() => {});
    }
  }
  await input.close().catch(() => {});
  await child.status;
  return {
    isReused: /^Reused/m.test(text),
    isWelcome: text.includes("welcome"),
  };
}

for (const version of ["-tls1_2", "-tls1_3"]) {
  Deno.test({
    name:
      `a server resumes only sessions of clients that it has verified, ${version}`,
    ignore,
    async fn() {
      const dir = await Deno.makeTempDir();
      try {
        const mine = `${dir}/client.pem`;
        const client = await makeCertificate({
          issuer: authority,
          usage: "client",
        });
        await Deno.writeTextFile(mine, client.cert + client.key);
        const outcomes: string[] = [];
        await using open = await serve("none", outcomes);
        await using closed = await serve("require", outcomes);
        const [foreign, own] = [`${dir}/foreign`, `${dir}/own`];

        await connect(open.port, version, "-sess_out", foreign);
        const intruder = await connect(
          closed.port,
          version,
          "-sess_in",
          foreign,
        );
        // OpenSSL does not know the sessions of another server.
        assertEquals(intruder, { isReused: IS_DENO, isWelcome: false });

        await connect(closed.port, version, "-cert", mine, "-sess_out", own);
        const again = await connect(
          closed.port,
          version,
          "-cert",
          mine,
          "-sess_in",
          own,
        );
        assertEquals(again, { isReused: true, isWelcome: true });
        assertEquals(outcomes, [
          "accepted",
          IS_DENO
            ? "ETLSCLIENTCERT"
            : "ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE",
          "accepted",
          "accepted",
        ]);
      } finally {
        await Deno.remove(dir, { recursive: true });
      }
    },
  });
}
