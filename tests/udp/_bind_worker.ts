/** Run by worker_test.ts: binds, and says on which backend and port. */
import { bindUdp, type BindUdpOptions } from "@berkeley/sockets/udp";

// deno-lint-ignore no-explicit-any -- the type of a worker's own scope
const scope = self as any;

scope.onmessage = async ({ data }: MessageEvent<BindUdpOptions>) => {
  const socket = await bindUdp({ hostname: "127.0.0.1", ...data });
  socket.receive().catch(() => {});
  scope.postMessage([socket.backend, socket.localAddr.port]);
};
