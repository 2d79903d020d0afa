/** Run by reconnecting_test.ts: nothing but a reconnector may keep it alive. */
import { reconnecting, socketError } from "@berkeley/sockets";

const link = reconnecting(
  () => Promise.reject(socketError("ECONNREFUSED", { action: "connect" })),
  { backoff: { initial: 3_600_000, max: 3_600_000 } },
);
if (Deno.args[0] === "wait") {
  link.conn({ timeout: 50 }).catch(() => console.log("held"));
}
