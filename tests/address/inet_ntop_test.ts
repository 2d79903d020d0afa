import { Buffer } from "node:buffer";
import { assertEquals } from "@std/assert";
import { IpAddress } from "@berkeley/sockets/address";
import { hasProgram } from "../_programs.ts";
import { Random } from "../_random.ts";
import { anyAddress, edgeAddresses, inetNtop } from "./_inet_ntop.ts";
import table from "./inet_ntop.json" with { type: "json" };

const ours = (hex: string) =>
  IpAddress.fromBytes(new Uint8Array(Buffer.from(hex, "hex"))).toString();

Deno.test({
  name: "toString() writes addresses as inet_ntop of glibc does",
  permissions: "none",
  fn() {
    assertEquals(table.map(([hex]) => [hex, ours(hex!)]), table);
  },
});

Deno.test({
  name: "toString() writes random addresses as inet_ntop of this system does",
  ignore: Deno.build.os !== "linux" || !hasProgram("python3"),
  permissions: { run: ["python3"] },
  async fn() {
    const random = new Random(45);
    const addresses = [
      ...edgeAddresses(random),
      ...Array.from({ length: 5000 }, () => anyAddress(random)),
    ];
    assertEquals(addresses.map(ours), await inetNtop(addresses));
  },
});
