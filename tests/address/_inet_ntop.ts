/**
 * How libc writes addresses, asked through Python.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { Random } from "../_random.ts";

const PROGRAM = `
import socket, sys
for line in sys.stdin:
    data = bytes.fromhex(line)
    family = socket.AF_INET if len(data) == 4 else socket.AF_INET6
    print(socket.inet_ntop(family, data))
`;

/** What `inet_ntop` prints for each address, which is given in hexadecimal. */
export async function inetNtop(addresses: string[]): Promise<string[]> {
  const child = new Deno.Command("python3", {
    args: ["-c", PROGRAM],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const input = new Blob([addresses.map((hex) => `${hex}\n`).join("")]);
  const [{ stdout }] = await Promise.all([
    child.output(),
    input.stream().pipeTo(child.stdin),
  ]);
  return new TextDecoder().decode(stdout).trimEnd().split("\n");
}

function hexOf(groups: number[]): string {
  return groups.map((group) => group.toString(16).padStart(4, "0")).join("");
}

/** IPv6 addresses with each pattern of zero groups, some of them IPv4-mapped. */
export function edgeAddresses(random: Random): string[] {
  const edges: string[] = [];
  for (let pattern = 0; pattern < 256; pattern++) {
    edges.push(
      hexOf(
        Array.from(
          { length: 8 },
          (_, i) =>
            pattern >> i & 1
              ? random.pick([1, 0x10, 0xffff, random.integer(1, 0xffff)])
              : 0,
        ),
      ),
    );
  }
  for (const prefix of [0, 0xffff, 0xfffe]) {
    for (const [high, low] of [[0, 0], [0, 1], [1, 0], [0xc000, 0x201]]) {
      edges.push(hexOf([0, 0, 0, 0, 0, prefix, high!, low!]));
    }
  }
  return edges;
}

/** Any address of either family, in hexadecimal. */
export function anyAddress(random: Random): string {
  const bytes = random.bytes(random.pick([4, 16, 16, 16]));
  const zeros = random.pick([0, 0.5, 0.8]);
  for (let i = 0; i < bytes.length; i += 2) {
    if (random.next() < zeros) bytes.fill(0, i, i + 2);
  }
  return Buffer.from(bytes).toString("hex");
}
