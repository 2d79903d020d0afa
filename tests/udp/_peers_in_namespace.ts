/** Peers on several links; run by namespace_test.ts in a namespace of its own. */
import { assertEquals } from "@std/assert";
import { bindUdp, connectUdp } from "@berkeley/sockets/udp";
import { FAMILIES } from "../_each_family.ts";
import { run } from "../_namespace.ts";
import { BACKENDS, bytes, text } from "./_each_transport.ts";
import { makeLinks } from "./_links.ts";

const { left, right } = makeLinks();
const SOON = { timeout: 20_000 };

function linkLocal(name: string): string {
  const args = ["-6", "-o", "address", "show", "dev", name, "scope", "link"];
  return run("ip", ...args).match(/fe80::[^/]*/)![0];
}

for (const backend of BACKENDS) {
  for (const { name, family, any, loopback } of FAMILIES) {
    Deno.test(`each peer is reached from the address of its own route, over ${name}, over ${backend}`, async () => {
      const key = family === 4 ? "v4" : "v6";
      const addresses = [left.far[key], right.far[key], loopback];
      using socket = await connectUdp({
        hostname: loopback,
        port: 9,
        localAddress: any,
        backend,
      });
      const { port } = socket.localAddr;
      for (const hostname of [...addresses, ...addresses.reverse()]) {
        using peer = await bindUdp({ hostname, backend: "node" });
        await socket.connect(peer.localAddr);
        await socket.send(bytes("ping"));
        const { address } = await peer.receive(SOON);
        // All of these are addresses of this host, which talks to itself.
        assertEquals(address, { transport: "udp", hostname, port });
        const local = backend === "posix" ? hostname : any;
        assertEquals(socket.localAddr.hostname, local);
        await peer.sendTo(bytes("pong"), address);
        assertEquals(text((await socket.receive(SOON)).data), "pong");
      }
    });
  }

  for (const zone of [left.near.name, left.near.index]) {
    Deno.test(`a peer on a link is heard, whose zone is ${zone}, over ${backend}`, async () => {
      const { name } = left.far;
      const hostname = linkLocal(name);
      using peer = await bindUdp({
        hostname: `${hostname}%${name}`,
        backend: "node",
      });
      const { port } = peer.localAddr;
      using socket = await connectUdp({
        hostname: `${hostname}%${zone}`,
        port,
        backend,
      });
      await socket.send(bytes("ping"));
      const { address } = await peer.receive(SOON);
      const back = { ...address, hostname: `${address.hostname}%${name}` };
      await peer.sendTo(bytes("pong"), back);
      const { data } = await socket.receive(SOON);
      assertEquals(text(data), "pong");
    });
  }
}

// The runtime writes the addresses of RFC 4291 section 2.5.5.1 otherwise.
run("ip", "address", "add", "::192.0.2.7/128", "dev", "lo", "nodad");
for (const hostname of ["::192.0.2.7", "::c000:207"]) {
  for (const backend of BACKENDS) {
    Deno.test(`a peer at ${hostname} is heard over ${backend}`, async () => {
      using peer = await bindUdp({ hostname, backend });
      using socket = await connectUdp({
        hostname,
        port: peer.localAddr.port,
        backend,
      });
      await socket.send(bytes("ping"));
      const { address } = await peer.receive(SOON);
      await peer.sendTo(bytes("pong"), address);
      const answer = await socket.receive(SOON);
      assertEquals(text(answer.data), "pong");
      assertEquals(answer.address.hostname, "::192.0.2.7");
    });
  }
}
