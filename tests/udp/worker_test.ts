/** Sockets of a Worker that is terminated. */
import { assertEquals, assertNotEquals } from "@std/assert";
import {
  bindUdp,
  type BindUdpOptions,
  type UdpBackend,
} from "@berkeley/sockets/udp";
import { posixTest } from "../posix/_setup.ts";

/** What a Worker binds to, which is terminated then. */
async function bindInWorker(
  options: BindUdpOptions,
): Promise<[UdpBackend, number]> {
  const url = new URL("_bind_worker.ts", import.meta.url);
  const worker = new Worker(url, { type: "module" });
  try {
    const told = new Promise<MessageEvent>((resolve) =>
      worker.onmessage = resolve
    );
    worker.postMessage(options);
    return (await told).data;
  } finally {
    worker.terminate();
  }
}

posixTest(
  "bindUdp() in a Worker that is terminated leaves no port bound",
  async () => {
    for (let round = 0; round < 4; round++) {
      const [backend, port] = await bindInWorker({});
      assertNotEquals(backend, "posix");
      await bindAgain(port);
    }
  },
  "inherit",
);

posixTest(
  "bindUdp() in a Worker uses posix if it is asked to",
  async () => {
    assertEquals((await bindInWorker({ backend: "posix" }))[0], "posix");
  },
  "inherit",
);

/** Binds to a port that the runtime lets go of in its own time, but soon. */
async function bindAgain(port: number): Promise<void> {
  for (let attempt = 1;; attempt++) {
    try {
      using socket = await bindUdp({ hostname: "127.0.0.1", port });
      return assertEquals(socket.localAddr.port, port);
    } catch (error) {
      if (attempt === 500) throw error;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
