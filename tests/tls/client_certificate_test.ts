/** `serveTls` with certificates of clients, against `openssl s_client`. */
import { assert, assertEquals } from "@std/assert";
import { type CertificateName, CERTIFICATES } from "./_certificates.ts";
import { HAS_OPENSSL } from "./_openssl.ts";
import { assertCode } from "./_peers.ts";
import { exchange, serveReversed } from "./_reversed.ts";

const ignore = !HAS_OPENSSL;

const AUTH = { caCerts: [CERTIFICATES.authority.cert] };

for (const version of ["1.2", "1.3"]) {
  const flag = `-tls${version.replace(".", "_")}`;
  for (const clientAuth of ["require", "request"] as const) {
    Deno.test({
      name:
        `serveTls() with clientAuth "${clientAuth}" checks openssl's certificate over TLS ${version}`,
      ignore,
      async fn() {
        const seen: (string | undefined)[] = [];
        await using running = await serveReversed(
          { ...AUTH, clientAuth },
          (conn) => seen.push(conn.peerCertificate?.subject.CN),
        );
        const { port } = running.addr;
        const cases: [CertificateName | undefined, string[]][] = [
          ["client", []],
          ["expiredClient", ["ECERTEXPIRED"]],
          ["strangerClient", ["ECERTISSUER"]],
          ["server", []], // for both roles
          ["localServer", ["ECERTPURPOSE"]],
          ["future", ["ECERTNOTYETVALID"]],
          [undefined, clientAuth === "require" ? ["ETLSCLIENTCERT"] : []],
          ["client", []],
        ];
        for (const [name, codes] of cases) {
          const { isAnswered, text } = await exchange(port, name, flag);
          assertEquals(isAnswered, codes.length === 0, text);
          assertEquals(running.errors.length, codes.length, text);
          if (codes.length > 0) assertCode(running.errors.pop()!, codes);
        }
        assertEquals(
          seen,
          clientAuth === "require"
            ? ["client one", "localhost", "client one"]
            : ["client one", "localhost", undefined, "client one"],
        );
      },
    });
  }

  Deno.test({
    name:
      `serveTls() with clientAuth takes no session of another server for a certificate, over TLS ${version}`,
    ignore,
    async fn() {
      const file = await Deno.makeTempFile();
      try {
        await using open = await serveReversed({});
        await using closed = await serveReversed({
          ...AUTH,
          clientAuth: "require",
        });
        const first = await exchange(
          open.addr.port,
          undefined,
          ...[flag, "-sess_out", file],
        );
        assert(first.isAnswered, first.text);
        assert((await Deno.readTextFile(file)).includes("SSL SESSION"));
        const second = await exchange(
          closed.addr.port,
          undefined,
          ...[flag, "-sess_in", file],
        );
        assert(!second.isAnswered, second.text);
        assertCode(closed.errors[0]!, ["ETLSCLIENTCERT"]);
        assertEquals(closed.stats.accepted, 0);
      } finally {
        await Deno.remove(file);
      }
    },
  });
}
