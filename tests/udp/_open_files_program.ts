/** Run by bind_errors_test.ts with a limit of open files: opens sockets until one fails. */
import {
  bindUdp,
  type UdpBackend,
  type UdpSocket,
} from "@berkeley/sockets/udp";

const [backend, hostname] = Deno.args as [UdpBackend, string];
const sockets: UdpSocket[] = [];
try {
  for (let i = 0; i < 300; i++) {
    sockets.push(await bindUdp({ hostname, backend }));
  }
  console.log("no limit");
} catch (error) {
  const { code, syscall } = error as { code: string; syscall: string };
  console.log(code, syscall);
}
for (const socket of sockets) await socket[Symbol.asyncDispose]();
