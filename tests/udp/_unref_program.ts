/** Run by unref_test.ts: ends although a socket receives. */
import { bindUdp, type UdpBackend } from "@berkeley/sockets/udp";

const backend = Deno.args[0] as UdpBackend;
const socket = await bindUdp({ hostname: "127.0.0.1", backend });
const receiving = Array.fromAsync(socket);
socket.unref();
// Over "node" it counts from the next datagram on.
if (backend === "node") await socket.sendTo(new Uint8Array(), socket.localAddr);
receiving.then(() => console.log("closed, which nobody has done"));
