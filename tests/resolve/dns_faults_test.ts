import { AF_INET, SOCK_STREAM } from "../../address/mod.ts";
import { Resolver, type ResolverOptions } from "../../resolve/mod.ts";
import { assert, assertEquals } from "@std/assert";
import { createSocket } from "node:dgram";
import { endOf } from "./_codes.ts";
import { readQuestion, writeResponse, type Zone } from "./_dns_message.ts";
import { DnsServer, type Fault } from "./_dns_server.ts";

const zone: Zone = {
  "a.test": [{ type: "A", data: "192.0.2.1" }],
  "many.test": Array.from(
    { length: 100 },
    (_, i) => ({ type: "A", data: `192.0.2.${i}` }),
  ),
};
const GOOD = {
  answers: [["a.test", { type: "A", data: "192.0.2.1" }]],
} as const;
const BAD = {
  answers: [["a.test", { type: "A", data: "203.0.113.9" }]],
} as const;
const good = {
  answers: [...GOOD.answers.map(([n, r]): [string, typeof r] => [n, r])],
};
const bad = {
  answers: [...BAD.answers.map(([n, r]): [string, typeof r] => [n, r])],
};

/** The bytes of a question of another name. */
const OTHER_QUESTION = new Uint8Array([
  1,
  98,
  4,
  116,
  101,
  115,
  116,
  0,
  0,
  1,
  0,
  1,
]);

function resolverOf(
  servers: DnsServer[],
  options: ResolverOptions = {},
): Resolver {
  return new Resolver({
    nameServers: servers.map(({ nameServer }) => nameServer),
    timeout: 2000,
    attempts: 1,
    hosts: false,
    ...options,
  });
}

function look(resolver: Resolver, name = "a.test"): Promise<string | string[]> {
  return endOf(
    resolver.getAddrInfo(name, null, {
      family: AF_INET,
      socktype: SOCK_STREAM,
    }),
  );
}

interface FaultCase {
  what: string;
  fault: Fault;
  options?: ResolverOptions;
  name?: string;
  expected: string | string[];
  log: string[];
}

const asked = "udp A a.test";
let count = 0;

const CASES: FaultCase[] = [
  {
    what: "SERVFAIL",
    fault: () => ({ rcode: 2 }),
    expected: "EAI_AGAIN",
    log: [asked],
  },
  {
    what: "SERVFAIL, as often as attempts are allowed",
    fault: () => ({ rcode: 2 }),
    options: { attempts: 3 },
    expected: "EAI_AGAIN",
    log: [asked, asked, asked],
  },
  {
    what: "NOTIMP",
    fault: () => ({ rcode: 4 }),
    expected: "EAI_AGAIN",
    log: [asked, asked], // once without EDNS(0)
  },
  {
    what: "REFUSED",
    fault: () => ({ rcode: 5 }),
    expected: "EAI_AGAIN",
    log: [asked],
  },
  {
    what: "FORMERR",
    fault: () => ({ rcode: 1 }),
    expected: "EAI_FAIL",
    log: [asked, asked], // once without EDNS(0)
  },
  {
    what: "NXDOMAIN",
    fault: () => ({ rcode: 3 }),
    expected: "EAI_NONAME",
    log: [asked],
  },
  {
    what: "a referral to other servers",
    fault: () => ({
      isRecursive: false,
      authorities: [["test", { type: "NS", data: "ns.test" }]],
    }),
    expected: "EAI_AGAIN",
    log: [asked],
  },
  {
    what: "an empty answer",
    fault: () => ({}),
    expected: "EAI_NODATA",
    log: [asked],
  },
  {
    what: "silence",
    fault: () => null,
    options: { timeout: 30, attempts: 2 },
    expected: "EAI_AGAIN",
    log: [asked, asked],
  },
  {
    what: "a failure that passes",
    fault: () => count++ === 0 ? { rcode: 2 } : undefined,
    options: { attempts: 2 },
    expected: ["192.0.2.1"],
    log: [asked, asked],
  },
  {
    what: "a wrong id before the answer",
    fault: ({ id }) => [{ ...bad, id: id ^ 1 }, good],
    expected: ["192.0.2.1"],
    log: [asked],
  },
  {
    what: "another question before the answer",
    fault: () => [{ ...bad, question: OTHER_QUESTION }, good],
    expected: ["192.0.2.1"],
    log: [asked],
  },
  {
    what: "garbage before the answer",
    fault: () => [
      new Uint8Array(),
      new Uint8Array([1]),
      new Uint8Array(300).fill(0xff),
      good,
    ],
    expected: ["192.0.2.1"],
    log: [asked],
  },
  {
    what: "an answer cut off, then the whole one",
    fault: (question) => [
      writeResponse(question, { ...bad, edns: false }).subarray(0, -2),
      good,
    ],
    expected: ["192.0.2.1"],
    log: [asked],
  },
  {
    what: "the question sent back instead of an answer",
    fault: (question) => {
      const echo = writeResponse(question, {});
      echo[2] = 0x01; // no response
      return [echo, good];
    },
    expected: ["192.0.2.1"],
    log: [asked],
  },
  {
    what: "nothing but garbage",
    fault: () => new Uint8Array(40).fill(0xc0),
    options: { timeout: 30 },
    expected: "EAI_AGAIN",
    log: [asked],
  },
  {
    what: "a name that points to itself",
    fault: (question) => {
      const message = writeResponse(question, good);
      message[question.bytes.length + 13] = question.bytes.length + 12;
      return message;
    },
    options: { timeout: 30 },
    expected: "EAI_AGAIN",
    log: [asked],
  },
  {
    what: "an address of the wrong size",
    fault: () => ({ answers: [["a.test", { type: "A", data: "1.2.3" }]] }),
    options: { timeout: 30 },
    expected: "EAI_AGAIN",
    log: [asked],
  },
  {
    what: "records of another name",
    fault: () => ({
      answers: [["evil.test", { type: "A", data: "203.0.113.9" }]],
    }),
    expected: "EAI_NODATA",
    log: [asked],
  },
  {
    what: "a ring of aliases",
    fault: () => ({
      answers: [
        ["a.test", { type: "CNAME", data: "b.test" }],
        ["b.test", { type: "CNAME", data: "a.test" }],
      ],
    }),
    expected: "EAI_NODATA",
    log: [asked],
  },
  {
    what: "a truncated answer, whole over TCP",
    fault: (_, way) => way === "udp" ? { truncated: true } : undefined,
    expected: ["192.0.2.1"],
    log: [asked, "tcp A a.test"],
  },
  {
    what: "a hundred records",
    fault: () => undefined,
    name: "many.test",
    expected: Array.from({ length: 100 }, (_, i) => `192.0.2.${i}`),
    log: ["udp A many.test", "tcp A many.test"],
  },
  {
    what: "a truncated answer, and silence over TCP",
    fault: (_, way) => way === "udp" ? { truncated: true } : null,
    options: { timeout: 50 },
    expected: "EAI_AGAIN",
    log: [asked, "tcp A a.test"],
  },
  {
    what: "a truncated answer, and garbage over TCP",
    fault: (_, way) => way === "udp" ? { truncated: true } : new Uint8Array(20),
    expected: "EAI_AGAIN",
    log: [asked, "tcp A a.test"],
  },
  {
    what: "a truncated answer, over UDP and over TCP",
    fault: () => ({ truncated: true }),
    expected: "EAI_AGAIN",
    log: [asked, "tcp A a.test"],
  },
];

for (const { what, fault, options, name, expected, log } of CASES) {
  Deno.test({
    name: `getAddrInfo() copes with a server that answers with ${what}`,
    permissions: { net: true },
    async fn() {
      count = 0;
      await using server = await DnsServer.start(zone, fault);
      const end = await look(resolverOf([server], options), name);
      const sorted = Array.isArray(end) ? [...end].sort() : end;
      assertEquals(
        sorted,
        Array.isArray(expected) ? [...expected].sort() : expected,
      );
      assertEquals(server.log, log);
      assertEquals(server.errors, []);
    },
  });
}

Deno.test({
  name: "getAddrInfo() takes a late answer, within its time",
  permissions: { net: true },
  async fn() {
    const late = Promise.withResolvers<undefined>();
    await using server = await DnsServer.start(zone, () => late.promise);
    const work = look(resolverOf([server], { timeout: 10_000 }));
    setTimeout(() => late.resolve(undefined), 20);
    assertEquals(await work, ["192.0.2.1"]);
  },
});

for (const what of ["silent", "failing", "referring"]) {
  Deno.test({
    name: `getAddrInfo() asks the next server when one is ${what}`,
    permissions: { net: true },
    async fn() {
      await using first = await DnsServer.start(
        {},
        () =>
          what === "silent"
            ? null
            : what === "failing"
            ? { rcode: 2 }
            : { isRecursive: false },
      );
      await using second = await DnsServer.start(zone);
      const end = await look(
        resolverOf([first, second], { timeout: what === "silent" ? 50 : 5000 }),
      );
      assertEquals(end, ["192.0.2.1"]);
      assertEquals([first.log.length, second.log.length], [1, 1]);
    },
  });
}

Deno.test({
  name:
    "getAddrInfo() tries the next search domain when one server fails and the other is silent",
  permissions: { net: true },
  async fn() {
    const isAsked = (name: string) => name === "a.one.test";
    await using failing = await DnsServer.start(
      { "a.two.test": [{ type: "A", data: "192.0.2.1" }] },
      ({ name }) => isAsked(name) ? { rcode: 2 } : undefined,
    );
    await using silent = await DnsServer.start({}, () => null);
    const resolver = resolverOf([failing, silent], {
      timeout: 50,
      search: ["one.test", "two.test"],
    });
    assertEquals(await look(resolver, "a"), ["192.0.2.1"]);
  },
});

Deno.test({
  name: "getAddrInfo() tells its queries apart where chance gives them one id",
  permissions: { net: true },
  async fn() {
    await using server = await DnsServer.start({
      "a.test": [
        { type: "A", data: "192.0.2.1" },
        { type: "AAAA", data: "2001:db8::1" },
      ],
    });
    const draw = crypto.getRandomValues;
    crypto.getRandomValues = (array) => array; // all zeros
    try {
      const end = await endOf(resolverOf([server]).getAddrInfo("a.test", 80));
      // Which comes first depends on the interfaces, if the program may see them.
      assertEquals([...end].sort(), ["192.0.2.1", "2001:db8::1"]);
    } finally {
      crypto.getRandomValues = draw;
    }
  },
});

for (const length of [61, 62]) {
  Deno.test({
    name: `resolve() ${length === 61 ? "takes" : "refuses"} a name of ${
      length + 192
    } letters in an answer`,
    permissions: { net: true },
    async fn() {
      const long = "a".repeat(63);
      const name = [long, long, long, "a".repeat(length)].join(".");
      await using server = await DnsServer.start({
        "a.test": [{ type: "CNAME", data: name }],
      });
      const resolver = resolverOf([server], { timeout: 50 });
      const end = await resolver.resolve("a.test", "CNAME")
        .catch(({ code }) => code);
      assertEquals(end, length === 61 ? [name] : "EAI_AGAIN");
    },
  });
}

Deno.test({
  name:
    "getAddrInfo() believes the first server that says there is no such name",
  permissions: { net: true },
  async fn() {
    await using first = await DnsServer.start({});
    await using second = await DnsServer.start(zone);
    assertEquals(await look(resolverOf([first, second])), "EAI_NONAME");
    assertEquals(second.log, []);
  },
});

Deno.test({
  name: "Resolver spreads the look-ups over the servers with rotate",
  permissions: { net: true },
  async fn() {
    await using first = await DnsServer.start(zone);
    await using second = await DnsServer.start(zone);
    const resolver = resolverOf([first, second], {
      rotate: true,
      cache: false,
    });
    for (let i = 0; i < 6; i++) await look(resolver);
    assertEquals([first.log.length, second.log.length], [3, 3]);
  },
});

Deno.test({
  name: "getAddrInfo() passes over answers that come from another port",
  permissions: { net: true },
  async fn() {
    // The forger hears the query by the server's own hand, and is first.
    const forger = createSocket("udp4");
    const asker = Promise.withResolvers<number>();
    const server = createSocket("udp4");
    const bound = [forger, server].map((socket) =>
      new Promise<void>((resolve) =>
        socket.bind(0, "127.0.0.1", () => resolve())
      )
    );
    await Promise.all(bound);
    server.on("message", (message: Uint8Array, { port }: { port: number }) => {
      asker.resolve(port);
      const question = readQuestion(message);
      forger.send(writeResponse(question, bad), port, "127.0.0.1", () => {
        server.send(writeResponse(question, good), port, "127.0.0.1");
      });
    });
    const { port } = server.address();
    const resolver = new Resolver({
      nameServers: [{ hostname: "127.0.0.1", port }],
      hosts: false,
    });
    assertEquals(await look(resolver), ["192.0.2.1"]);
    assert(await asker.promise > 0);
    const closed = [forger, server].map((socket) =>
      new Promise<void>((resolve) => socket.close(() => resolve()))
    );
    await Promise.all(closed);
  },
});

Deno.test({
  name: "getAddrInfo() asks a server over IPv6",
  permissions: { net: true },
  async fn() {
    await using server = await DnsServer.start(zone, undefined, {
      hostname: "::1",
    });
    assertEquals((await look(resolverOf([server]), "many.test")).length, 100);
    assertEquals(server.log, ["udp A many.test", "tcp A many.test"]);
  },
});
