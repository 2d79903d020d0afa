// What there is to do over TLS, and how much of it; else as over TCP.
import { readFileSync } from "node:fs";

export { connectOrder, measure } from "../tcp/work.js";

/** How much of each work makes one run, of a few seconds. */
export const COUNTS = {
  "ping-pong": 60_000,
  "bulk-in": 1500, // MiB
  "bulk-out": 1500, // MiB
  "frames-in": 8_000_000,
  "frames-out": 8_000_000,
  "connect": 2000,
  "accept": 2000,
};

/** How many handshakes go on at a time. */
export const AT_A_TIME = 16;

/** The arguments: the work, the peer's port, by how much to do less, the folder of the certificate. */
export function parse([work, port, share, folder]) {
  const count = Math.max(1, Math.floor(COUNTS[work] * Number(share)));
  const cert = readFileSync(`${folder}/cert.pem`, "utf8");
  const key = readFileSync(`${folder}/key.pem`, "utf8");
  return { work, port: Number(port), count, cert, key };
}

/** Calls `once` so many times, some at a time. */
export async function repeat(count, once) {
  let left = count;
  const some = async () => {
    while (left-- > 0) await once();
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, some));
}
