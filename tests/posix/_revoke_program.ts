/** Run by leaks_test.ts: revokes FFI access while a socket over libc is open. */
import { bindUdp } from "@berkeley/sockets/udp";

const backend = "posix";
const server = await bindUdp({ hostname: "127.0.0.1", backend });
const client = await bindUdp({ hostname: "127.0.0.1", backend });
const first = server.receive(); // waits in a thread
await new Promise((resolve) => setTimeout(resolve, 20));
Deno.permissions.revokeSync({ name: "ffi" });
for (const receiving of [first, server.receive(), server.receive()]) {
  let timers = 0;
  const counting = setInterval(() => timers++, 5);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await client.sendTo(new Uint8Array([7]), server.localAddr);
  const { data } = await receiving;
  clearInterval(counting);
  console.log(data[0], timers > 0);
}
server.close();
client.close();
