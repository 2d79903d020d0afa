import { SOCK_DGRAM, SOCK_STREAM } from "../../../address/mod.ts";
import { AddrInfoError } from "../../../errors/mod.ts";
import {
  type Family,
  findAddress,
  findAddresses,
  type HostLookup,
  numericAddress,
} from "../../../internal/hosts/mod.ts";
import type { AddressFinder } from "../../../resolve/mod.ts";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";

const NUMERIC: [
  hostname: string,
  family: Family | undefined,
  expected: string | undefined,
][] = [
  ["192.0.2.1", undefined, "192.0.2.1:80"],
  ["192.0.2.1", 4, "192.0.2.1:80"],
  ["192.0.2.1", 6, "EAI_ADDRFAMILY"],
  ["2001:DB8::1", undefined, "[2001:db8::1]:80"],
  ["2001:db8::1", 6, "[2001:db8::1]:80"],
  ["[2001:db8::1]", 6, "[2001:db8::1]:80"],
  ["2001:db8::1", 4, "EAI_ADDRFAMILY"],
  ["::ffff:192.0.2.1", undefined, "192.0.2.1:80"],
  ["::ffff:192.0.2.1", 4, "192.0.2.1:80"],
  ["[::ffff:192.0.2.1]", 6, "192.0.2.1:80"],
  ["fe80::1%eth0", 6, "[fe80::1%eth0]:80"],
  ["localhost", 4, undefined],
  ["127.1", undefined, undefined],
  ["", undefined, undefined],
  ["[localhost]", undefined, undefined],
];

for (const [hostname, family, expected] of NUMERIC) {
  const what = expected ?? "no address";
  Deno.test(`numericAddress() of "${hostname}", family ${family ?? "any"}, is ${what}`, () => {
    const host = { hostname, port: 80, family };
    if (expected?.startsWith("EAI_")) {
      const error = assertThrows(() => numericAddress(host), AddrInfoError);
      assertEquals(error.code, expected);
    } else {
      assertEquals(numericAddress(host)?.toString(), expected);
    }
  });
}

type Asked = [node: unknown, family: unknown, flags: unknown];

/** A resolver that gives these addresses, whatever family is asked for. */
function finderOf(...hostnames: string[]): AddressFinder & { asked: Asked[] } {
  const asked: Asked[] = [];
  return {
    asked,
    getAddrInfo(node, service, hints) {
      asked.push([node, hints?.family, hints?.flags]);
      const port = Number(service);
      return Promise.resolve(
        hostnames.map((hostname) => ({ address: { hostname, port } })),
      );
    },
  };
}

function lookup(resolver: AddressFinder, family?: Family): HostLookup {
  return {
    hostname: "h.test",
    port: 80,
    socktype: SOCK_STREAM,
    resolver,
    family,
  };
}

Deno.test("findAddresses() gives each address of the family once, in order", async () => {
  const resolver = finderOf("::2", "192.0.2.1", "::1", "::2", "::ffff:1.2.3.4");
  const six = await findAddresses(lookup(resolver), 6, {});
  assertEquals(six.map(String), ["[::2]:80", "[::1]:80", "1.2.3.4:80"]);
  const four = await findAddresses(lookup(resolver), 4, {});
  assertEquals(four.map(String), ["192.0.2.1:80"]);
});

/** What the address is for. */
const CONTEXT = { action: "connect to h.test:80", syscall: "connect" };

Deno.test("findAddress() takes the first family that has an address", async () => {
  for (const prefer of [4, 6] as const) {
    const both = await findAddress(
      { ...lookup(finderOf("2001:db8::1", "192.0.2.1")), prefer },
      undefined,
      CONTEXT,
    );
    assertEquals(both.family, prefer);
    const single = await findAddress(
      { ...lookup(finderOf("2001:db8::1")), prefer },
      undefined,
      CONTEXT,
    );
    assertEquals(String(single), "[2001:db8::1]:80");
  }
});

Deno.test("findAddress() asks for the family of the lookup only", async () => {
  const resolver = finderOf("2001:db8::1");
  const error = await assertRejects(
    () => findAddress(lookup(resolver, 4), undefined, CONTEXT),
    AddrInfoError,
  );
  assertEquals(error.code, "EAI_NODATA");
  assertEquals(resolver.asked.length, 1);
});

Deno.test("findAddress() rejects with the error of the first family if none has an address", async () => {
  for (const prefer of [4, 6] as const) {
    const error = await assertRejects(
      () => findAddress({ ...lookup(finderOf()), prefer }, undefined, CONTEXT),
      AddrInfoError,
      `no IPv${prefer} address`,
    );
    assertEquals(error.code, "EAI_NODATA");
  }
});

Deno.test("findAddress() goes on after a look-up that failed, and not after another error", async () => {
  const failing = (failure: Error): AddressFinder => ({
    getAddrInfo: (_node, service, { family } = {}) =>
      family === 2 ? Promise.reject(failure) : Promise.resolve([{
        address: { hostname: "::1", port: Number(service) },
      }]),
  });
  const again = new AddrInfoError("EAI_AGAIN", { hostname: "h.test" });
  const found = await findAddress(lookup(failing(again)), undefined, CONTEXT);
  assertEquals(String(found), "[::1]:80");
  await assertRejects(
    () =>
      findAddress(lookup(failing(new RangeError("mine"))), undefined, CONTEXT),
    RangeError,
    "mine",
  );
});

Deno.test("findAddress() passes on the flags, and asks nobody for an address", async () => {
  const resolver = finderOf("192.0.2.1");
  await findAddress(
    { ...lookup(resolver), isPassive: true },
    undefined,
    CONTEXT,
  );
  assertEquals(resolver.asked, [["h.test", 2, 1]]);
  const numeric = { ...lookup(resolver), hostname: "192.0.2.9" };
  assertEquals(
    String(await findAddress(numeric, undefined, CONTEXT)),
    "192.0.2.9:80",
  );
  assertEquals(resolver.asked.length, 1);
});

Deno.test({
  name: "findAddress() uses the shared resolver by default",
  permissions: { net: true },
  async fn() {
    for (const socktype of [SOCK_STREAM, SOCK_DGRAM]) {
      const host = { hostname: "localhost", port: 80, socktype };
      assertEquals(
        String(await findAddress({ ...host, prefer: 4 }, undefined, CONTEXT)),
        "127.0.0.1:80",
      );
      assertEquals(
        String(await findAddress({ ...host, prefer: 6 }, undefined, CONTEXT)),
        "[::1]:80",
      );
      const reason = new Error("mine");
      const signal = AbortSignal.abort(reason);
      const thrown = await assertRejects(
        () => findAddress(host, { signal }, CONTEXT),
      );
      assertEquals(thrown, reason);
    }
  },
});
