/** Listens on a stale path when it is told, at the same time as other workers. */
import { listenUnix, type UnixListener } from "../../unix/mod.ts";

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent) => Promise<void>;
  postMessage: (message: unknown) => void;
};
let listener: UnixListener | undefined;

scope.onmessage = async ({ data }) => {
  if (data === "stop") {
    await listener?.[Symbol.asyncDispose]();
    listener = undefined;
    scope.postMessage("stopped");
    return;
  }
  const { path, backend, at } = data;
  while (performance.timeOrigin + performance.now() < at); // all begin at once
  try {
    listener = await listenUnix({ path, backend, replaceStale: true });
    scope.postMessage("listens");
  } catch (error) {
    scope.postMessage((error as { code?: string }).code ?? String(error));
  }
};
