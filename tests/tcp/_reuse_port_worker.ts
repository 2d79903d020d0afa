/** Run by reuse_port_test.ts: serves on a shared port, and answers with its name. */
import { type ListenTcpOptions, serveTcp } from "@berkeley/sockets/tcp";

// deno-lint-ignore no-explicit-any -- the type of a worker's own scope
const scope = self as any;

scope.onmessage = async (event: MessageEvent) => {
  const { name, options } = event.data as {
    name: string;
    options: ListenTcpOptions;
  };
  const server = await serveTcp(
    { ...options, reusePort: true },
    (conn) => conn.send(new TextEncoder().encode(`${name}\n`)),
  );
  scope.onmessage = async () => {
    await server.shutdown();
    scope.postMessage("stopped");
    scope.close();
  };
  scope.postMessage(server.addr.port);
};
