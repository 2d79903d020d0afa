/**
 * Writes `tests/address/inet_ntop.json`: how libc writes IP addresses.
 *
 * Needs Linux with glibc, and Python:
 *
 * ```sh
 * deno run --allow-run=python3 --allow-write=tests _tools/inet_ntop_table.ts
 * ```
 *
 * @module
 */
import { Random } from "../tests/_random.ts";
import {
  anyAddress,
  edgeAddresses,
  inetNtop,
} from "../tests/address/_inet_ntop.ts";

const random = new Random(44);
const addresses = [
  ...edgeAddresses(random),
  ...Array.from({ length: 200 }, () => anyAddress(random)),
];
const texts = await inetNtop(addresses);
const rows = addresses.map((hex, i) => `  ${JSON.stringify([hex, texts[i]])}`);
await Deno.writeTextFile(
  new URL("../tests/address/inet_ntop.json", import.meta.url),
  `[\n${rows.join(",\n")}\n]\n`,
);
