import {
  AF_INET,
  AF_INET6,
  SOCK_STREAM,
  SocketAddress,
} from "../../address/mod.ts";
import { AI_CANONNAME, AI_V4MAPPED, Resolver } from "../../resolve/mod.ts";
import { assertEquals } from "@std/assert";
import { getAvailablePort } from "@std/net";
import { hasProgram } from "../_programs.ts";
import { IS_DENO } from "../_runtime.ts";

const CONFIG = `
no-resolv
no-hosts
no-daemon
no-poll
bind-interfaces
listen-address=127.0.0.1
local=/example.test/
local=/2.0.192.in-addr.arpa/
local-ttl=60
host-record=both.example.test,192.0.2.1,2001:db8::1
host-record=four.example.test,192.0.2.4
cname=alias.example.test,second.example.test
cname=second.example.test,both.example.test
ptr-record=9.2.0.192.in-addr.arpa,named.example.test
mx-host=example.test,mx.example.test,10
txt-record=text.example.test,one,two
srv-host=_imap._tcp.example.test,both.example.test,143,10,20
caa-record=example.test,0,issue,ca.test
naptr-record=example.test,10,20,S,SIP+D2U,,_sip._udp.example.test
`;

/** dnsmasq on a free port, which answers once this resolves. */
async function startDnsmasq(): Promise<AsyncDisposable & { port: number }> {
  const config = await Deno.makeTempFile();
  await Deno.writeTextFile(config, CONFIG);
  for (let i = 0;; i++) {
    const port = getAvailablePort();
    const child = new Deno.Command("dnsmasq", {
      args: ["--conf-file=" + config, `--port=${port}`, "--pid-file="],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const stop = async (): Promise<void> => {
      try {
        child.kill("SIGTERM");
      } catch { /* it has ended already */ }
      await child.status;
    };
    const probe = new Resolver({
      nameServers: [{ hostname: "127.0.0.1", port }],
      hosts: false,
      timeout: 100,
      attempts: 50,
    });
    try {
      await probe.resolve("four.example.test", "A", { timeout: 10_000 });
    } catch (error) {
      await stop();
      if (i < 3) continue; // another program took the port
      throw error;
    }
    return {
      port,
      async [Symbol.asyncDispose](): Promise<void> {
        await stop();
        await Deno.remove(config);
      },
    };
  }
}

Deno.test({
  name: "Resolver understands dnsmasq",
  ignore: !IS_DENO || !hasProgram("dnsmasq"),
  async fn(t) {
    await using dnsmasq = await startDnsmasq();
    const resolver = new Resolver({
      nameServers: [{ hostname: "127.0.0.1", port: dnsmasq.port }],
      hosts: false,
      search: ["example.test"],
    });
    const code = (work: Promise<unknown>): Promise<unknown> =>
      work.catch((error) => error.code);
    const addresses = async (
      node: string,
      family = 0,
      flags = 0,
    ): Promise<string[]> => {
      const infos = await resolver.getAddrInfo(node, "imap", {
        family,
        flags,
        socktype: SOCK_STREAM,
      });
      return infos.map(({ address, canonname }) =>
        [String(address), canonname ?? []].flat().join(" ")
      );
    };
    const sorted = async (work: Promise<string[]>): Promise<string[]> =>
      (await work).sort();

    const steps: [string, () => Promise<unknown>, unknown][] = [
      ["A and AAAA", () => sorted(addresses("both.example.test")), [
        "192.0.2.1:143",
        "[2001:db8::1]:143",
      ]],
      [
        "a chain of aliases",
        () => addresses("alias.example.test", AF_INET, AI_CANONNAME),
        [
          "192.0.2.1:143 both.example.test",
        ],
      ],
      ["a search domain", () => addresses("four", AF_INET), ["192.0.2.4:143"]],
      [
        "no such name",
        () => code(addresses("nothing.example.test.")),
        "EAI_NONAME",
      ],
      [
        "an empty answer",
        () => code(addresses("four.example.test.", AF_INET6)),
        "EAI_NODATA",
      ],
      [
        "AI_V4MAPPED",
        () => addresses("four.example.test.", AF_INET6, AI_V4MAPPED),
        [
          "[::ffff:192.0.2.4]:143",
        ],
      ],
      [
        "a refused name",
        () => code(addresses("elsewhere.example.")),
        "EAI_AGAIN",
      ],
      [
        "PTR",
        () =>
          resolver.getNameInfo(
            SocketAddress.from({ hostname: "192.0.2.9", port: 22 }),
          ),
        { hostname: "named.example.test", service: "ssh" },
      ],
      ["MX", () => resolver.resolve("example.test", "MX"), [
        { preference: 10, exchange: "mx.example.test" },
      ]],
      ["TXT", () => resolver.resolve("text.example.test", "TXT"), [[
        "one",
        "two",
      ]]],
      ["CAA", () => resolver.resolve("example.test", "CAA"), [
        { critical: false, tag: "issue", value: "ca.test" },
      ]],
      ["NAPTR", () => resolver.resolve("example.test", "NAPTR"), [{
        order: 10,
        preference: 20,
        flags: "S",
        services: "SIP+D2U",
        regexp: "",
        replacement: "_sip._udp.example.test",
      }]],
      [
        "SRV",
        () =>
          resolver.lookupService({ service: "imap", domain: "example.test" }),
        [
          { priority: 10, weight: 20, port: 143, target: "both.example.test" },
        ],
      ],
    ];
    for (const [name, look, expected] of steps) {
      await t.step(name, async () => assertEquals(await look(), expected));
    }
  },
});
