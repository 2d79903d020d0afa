/** Programs with net access to some hosts only. */
import { assertEquals } from "@std/assert";
import { FAMILIES } from "../_each_family.ts";
import { posixTest } from "./_setup.ts";
import { MOD, runScript } from "./_script.ts";

const ROOT = new URL("../../mod.ts", import.meta.url).href;

const USE = `import * as posix from "${MOD}";
  import { bindUdp, connectTcp, connectUdp, listenTcp } from "${ROOT}";
  const { AF_INET, AF_INET6, AF_UNIX, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET } = posix;
  const { SOCK_STREAM, MessageBatch, PosixSocket, socket, socketPair } = posix;
  const isV6 = (hostname) => hostname.includes(":");
  const open = (hostname, type) => socket(isV6(hostname) ? AF_INET6 : AF_INET, type);
  const tell = (what, body) => Promise.try(body).then(
    (value) => console.log(what, value ?? "ok"),
    (error) => console.log(what, error.code ?? error.name),
  );
  `;

async function lines(script: string, ...flags: string[]): Promise<string[]> {
  const output = await runScript(
    USE + script,
    flags.includes("-A") ? flags : ["--allow-ffi", ...flags],
  );
  return output.trimEnd().split("\n");
}

/** A host as flags have it. */
function hostFlag(hostname: string): string {
  return hostname.includes(":") ? `[${hostname}]` : hostname;
}

for (
  const [name, hostname] of [
    ["IPv4", "127.0.0.1"],
    ["IPv6", "::1"],
    ["IPv4-mapped", "::ffff:127.0.0.1"],
  ] as const
) {
  posixTest(
    `a port that the system chose under a grant for port 0 is usable (${name})`,
    async () => {
      const hostname_ = JSON.stringify(hostname);
      const told = await lines(
        `const hostname = ${hostname_};
        using listener = open(hostname, SOCK_STREAM);
        await tell("bind", () => listener.bind({ hostname, port: 0 }));
        await tell("listen", () => listener.listen());
        await tell("again", () => listener.listen(5));
        await tell("name", () => listener.getSockName().port > 0);
        using other = open(hostname, SOCK_STREAM);
        await tell("connect", () => other.connect(listener.getSockName()));

        using server = await listenTcp({ hostname, port: 0, backend: "posix" });
        await tell("listenTcp", () => server.addr.port > 0);
        if (hostname.includes("ffff")) Deno.exit();

        const udp = await bindUdp({ hostname, port: 0, backend: "posix" });
        const { port } = udp.localAddr;
        const to = { hostname, port: 9 };
        const connected = await udp.connect(to);
        await tell("peer", () => connected.remoteAddr.port);
        const freed = connected.disconnect();
        await tell("port", () => freed.localAddr.port === port);
        await tell("host", () => freed.localAddr.hostname === udp.localAddr.hostname);
        const again = await freed.connect(to);
        await tell("peer", () => again.remoteAddr.port);
        again.disconnect().close();
        `,
        `--allow-net=${hostFlag(hostname)}:0,${hostFlag(hostname)}:9`,
      );
      assertEquals(told, [
        ...["bind ok", "listen ok", "again ok", "name true"],
        "connect ENOTCAPABLE",
        "listenTcp true",
        ...name === "IPv4-mapped"
          ? []
          : ["peer 9", "port true", "host true", "peer 9"],
      ]);
    },
    "inherit",
  );
}

posixTest(
  "disconnect() leaves a UDP socket connected if it cannot keep its port",
  async () => {
    const told = await lines(
      `const to = { hostname: "127.0.0.1", port: 0, backend: "posix" };
      using peer = await bindUdp(to);
      const first = await bindUdp({ ...to, reuseAddress: true });
      using second = await bindUdp({ ...to, port: first.localAddr.port, reuseAddress: true });
      using connected = await first.connect(peer.localAddr);
      await connected.setOption("SO_REUSEADDR", false);
      await tell("disconnect", () => connected.disconnect().close());
      await tell("send", () => connected.send(new Uint8Array(3)));
      const { data, address } = await peer.receive({ timeout: 10_000 });
      await tell("length", () => data.length);
      await tell("sender", () => address.port === connected.localAddr.port);
      await peer.sendTo(new Uint8Array(2), connected.localAddr);
      const answer = await connected.receive({ timeout: 10_000 });
      await tell("answer", () => answer.data.length);`,
      "--allow-net",
    );
    assertEquals(told, [
      "disconnect EADDRINUSE",
      "send 3",
      "length 3",
      "sender true",
      "answer 2",
    ]);
  },
  "inherit",
);

posixTest(
  "a port that the system chose is closed if it is denied",
  async () => {
    const free = [1, 2].map(() => Deno.listen({ port: 0 }));
    const [denied, other] = free.map(({ addr }) => (addr as Deno.NetAddr).port);
    for (const listener of free) listener.close();
    // IP_LOCAL_PORT_RANGE leaves the kernel one port (Linux 6.3).
    const told = await lines(
      `const choose = (type, port) => {
      const own = socket(AF_INET, type);
      const range = new Uint8Array(Uint32Array.of(port << 16 | port).buffer);
      try {
        own.setRawSockOpt(0, 51, range);
      } catch {
        console.log("skipped: the kernel has no IP_LOCAL_PORT_RANGE");
        Deno.exit();
      }
      return own;
    };
    const ports = { denied: ${denied}, other: ${other} };
    for (const type of [SOCK_STREAM, SOCK_DGRAM]) {
      for (const [what, port] of Object.entries(ports)) {
        using own = choose(type, port);
        await tell(what, () => own.bind({ hostname: "127.0.0.1", port: 0 }));
        await tell("closed", () => own.isClosed);
      }
    }
    using listener = choose(SOCK_STREAM, ports.denied);
    await tell("listen", () => listener.listen());
    await tell("closed", () => listener.isClosed);`,
      "--allow-net",
      `--deny-net=127.0.0.1:${denied},0.0.0.0:${denied}`,
    );
    if (told[0]!.startsWith("skipped")) return console.log(told[0]);
    const bound = [
      ...["denied ENOTCAPABLE", "closed true", "other ok", "closed false"],
    ];
    assertEquals(told, [
      ...[...bound, ...bound],
      ...["listen ENOTCAPABLE", "closed true"],
    ]);
  },
  "inherit",
);

/** Ways to reach an address, once each property of it may be read but once. */
const REACHES: Readonly<Record<string, string>> = {
  connect: "(own, to) => own.connect(to)",
  connectNow: "(own, to) => own.connectNow(to)",
  sendTo: "(own, to) => own.sendTo(bytes, to)",
  sendMsg: "(own, to) => own.sendMsg({ data: bytes, address: to })",
  addTo:
    "(own, to) => { own.addTo(batch, bytes, to); return own.sendMany(batch); }",
  bind: "(own, to) => own.bind(to)",
};

for (const { name: familyName, family } of FAMILIES) {
  const title =
    `an address that changes after the check reaches no other one (${familyName})`;
  posixTest(title, async () => {
    const [good, bad] = family === 4
      ? ["127.0.0.1", "127.0.0.2"]
      : ["::1", "::ffff:127.0.0.2"];
    for (const [name, way] of Object.entries(REACHES)) {
      const told = await lines(
        `const [good, bad] = ${JSON.stringify([good, bad])};
        using denied = socket(${
          family === 4 ? "AF_INET" : "AF_INET6"
        }, SOCK_DGRAM);
        const bytes = new Uint8Array(1), batch = new MessageBatch();
        let reads = 0;
        const seen = [];
        const to = new Proxy({}, {
          has: (_, key) => ["hostname", "port"].includes(key),
          get(_, key) {
            seen.push(key);
            if (key === "hostname") return reads++ === 0 ? good : bad;
            return key === "port" ? 9 : undefined;
          },
        });
        using own = open(good, SOCK_DGRAM);
        await tell("call", async () => void await (${way})(own, to));
        await tell("reads", () => seen.sort().join());
        // What was remembered of the address is not that of another one.
        using next = open(good, SOCK_DGRAM);
        next.connectNow({ hostname: good, port: 9 });
        await tell("peer", () => next.getPeerName().hostname);
        for (const key of ["hostname", "port"]) {
          await tell(key, async () => void await (${way})(own, {
            hostname: good, port: 9, [key]: { toString: () => bad, valueOf: () => 9 } }));
        }`,
        `--allow-net=${hostFlag(good!)}:9`,
      );
      // As root, or where port 9 may be bound, the first call works.
      const [call, ...rest] = told;
      const isGood = /^call (ok|EACCES|EADDRINUSE)$/.test(call!);
      assertEquals(isGood, true, `${name}: ${told}`);
      assertEquals(rest, [
        "reads hostname,port",
        `peer ${good}`,
        "hostname TypeError",
        "port RangeError",
      ], name);
    }
  }, "inherit");
}

posixTest("raw sockets need net access to every host", async () => {
  const script = `
    const kinds = [[AF_INET, SOCK_RAW, 1], [AF_INET6, SOCK_RAW, 58],
      [AF_INET, SOCK_RAW, 255], [AF_INET, SOCK_SEQPACKET, 0],
      [AF_INET, SOCK_STREAM, 132], [AF_INET6, SOCK_DGRAM, 33]];
    for (const kind of kinds) {
      await tell(kind.join(), () => socket(...kind).close());
    }
    socket(AF_INET, SOCK_STREAM, 6).close();
    socket(AF_INET, SOCK_DGRAM, 17).close();
    socketPair(AF_UNIX, SOCK_SEQPACKET).forEach((end) => end.close());`;
  for (
    const flags of [
      [],
      ["--allow-net=127.0.0.1"],
      ["--allow-net", "--deny-net=192.0.2.1"],
      ["--allow-net", "--deny-net"],
    ]
  ) {
    const told = await lines(script, ...flags);
    assertEquals(told.length, 6);
    for (const line of told) {
      assertEquals(line.split(" ")[1], "ENOTCAPABLE", flags.join(" "));
    }
  }
  for (const line of await lines(script, "--allow-net")) {
    assertEquals(/ENOTCAPABLE/.test(line), false, line); // EPERM or the like
  }
}, "inherit");

posixTest(
  "options that choose a route need net access to every host",
  async () => {
    const script = `
    using own = socket(AF_INET, SOCK_DGRAM);
    own.bind({ hostname: "127.0.0.1", port: 0 });
    const nothing = new Uint8Array(4);
    await tell("IP_OPTIONS", () => own.setRawSockOpt(0, 4, nothing));
    await tell("IP_TTL", () => own.setRawSockOpt(0, 2, new Uint8Array([9, 0, 0, 0])));
    const send = (number) => own.sendMsg({
      data: nothing,
      address: { hostname: "127.0.0.1", port: 9 },
      control: [{ type: "other", level: 0, number, data: nothing }],
    });
    await tell("IP_RETOPTS", () => send(7));
    await tell("IP_TTL", () => send(2));
    using own6 = socket(AF_INET6, SOCK_DGRAM);
    await tell("IPV6_RTHDR", () => own6.setRawSockOpt(41, 57, new Uint8Array(0)));`;
    const narrow = "--allow-net=127.0.0.1:0,127.0.0.1:9";
    assertEquals(await lines(script, narrow), [
      "IP_OPTIONS ENOTCAPABLE",
      "IP_TTL ok",
      "IP_RETOPTS ENOTCAPABLE",
      "IP_TTL EINVAL", // for it is 0
      "IPV6_RTHDR ENOTCAPABLE",
    ]);
    assertEquals(
      (await lines(script, "--allow-net")).filter((line) =>
        line.includes("ENOTCAPABLE")
      ),
      [],
    );
  },
  "inherit",
);

posixTest("the unspecified address does not lead to a denied one", async () => {
  const told = await lines(
    `for (const hostname of ["0.0.0.0", "::", "::ffff:0.0.0.0"]) {
      const to = { hostname, port: 9 };
      using free = open(hostname, SOCK_DGRAM);
      await tell("free", () => free.sendTo(new Uint8Array(1), to));
      using bound = open(hostname, SOCK_DGRAM);
      if (!isV6(hostname)) bound.bind({ hostname: "127.0.0.2", port: 0 });
      await tell("bound", () => bound.sendTo(new Uint8Array(1), to));
      // What is permitted to bind to is not to send to.
      using any = open(hostname, SOCK_DGRAM);
      any.setSockOpt("SO_REUSEADDR", true);
      await tell("bind", () => { any.bind({ hostname, port: 27125 }); });
      await tell("self", () => any.sendTo(new Uint8Array(1), { hostname, port: 27125 }));
    }`,
    "--allow-net",
    "--deny-net=127.0.0.2:9,127.0.0.1:27125",
  );
  assertEquals(told, [
    ...["free 1", "bound ENOTCAPABLE", "bind ok", "self ENOTCAPABLE"],
    ...["free 1", "bound 1", "bind ok", "self ENOTCAPABLE"],
    ...["free 1", "bound 1", "bind ok", "self ENOTCAPABLE"],
  ]);
}, "inherit");

posixTest("adopt() takes no socket whose address is denied", async () => {
  const script = `
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const conn = await Deno.connect(listener.addr);
    const server = await listener.accept();
    const fds = [
      posix.descriptorOf({ type: SOCK_STREAM, localAddr: listener.addr }),
      posix.descriptorOf({
        type: SOCK_STREAM, localAddr: conn.localAddr, remoteAddr: conn.remoteAddr }),
    ];
    Deno.permissions.revokeSync({ name: "net" });
    for (const fd of fds) await tell("adopt", () => { PosixSocket.adopt(fd); });
    Deno.exit();`;
  assertEquals(await lines(script, "--allow-net"), ["adopt ok", "adopt ok"]);
  // A child that all net access is denied to, and that inherits a listening socket.
  const parent = `
    using own = socket(AF_INET, SOCK_STREAM);
    own.bind({ hostname: "127.0.0.1", port: 0 });
    own.listen();
    const F_SETFD = 2; // stays open in the child
    const libc = Deno.dlopen("libc.so.6", { fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" } });
    libc.symbols.fcntl(own.fd, F_SETFD, 0);
    for (const flag of ["--allow-net", "--deny-net", "--deny-net=127.0.0.1"]) {
      const script = \`import { PosixSocket } from "${MOD}";
        try { PosixSocket.adopt(\${own.fd}); console.log("adopted"); }
        catch (error) { console.log(error.code); }\`;
      const { stdout } = await new Deno.Command("sh", {
        args: ["-c", 'exec "$0" run --no-prompt --quiet --allow-ffi "$1" "$2"',
          Deno.execPath(), flag,
          "data:application/typescript," + encodeURIComponent(script)],
        stderr: "inherit",
      }).output();
      await tell(flag, () => new TextDecoder().decode(stdout).trim());
    }`;
  assertEquals(await lines(parent, "-A"), [
    "--allow-net adopted",
    "--deny-net ENOTCAPABLE",
    "--deny-net=127.0.0.1 ENOTCAPABLE",
  ]);
}, "inherit");

posixTest(
  "adopt() needs net access to every host for what has no address",
  async () => {
    const script = `
    const i32 = "i32";
    const { symbols } = Deno.dlopen("libc.so.6", {
      socket: { parameters: [i32, i32, i32], result: i32 },
    });
    const AF_NETLINK = 16;
    for (const [family, type, protocol] of [
      [AF_NETLINK, SOCK_RAW, 0], [AF_NETLINK, SOCK_DGRAM, 0], [AF_INET, SOCK_RAW, 255],
      [AF_INET, SOCK_STREAM, 6],
    ]) {
      const fd = symbols.socket(family, type, protocol);
      await tell([family, type].join(), () => {
        if (fd === -1) return "not permitted by the system";
        PosixSocket.adopt(fd).close();
      });
    }`;
    const answers = async (flag: string) =>
      (await lines(script, flag)).map((line) => line.replace(/^\S+ /, ""));
    const all = await answers("--allow-net");
    const narrow = await answers("--allow-net=127.0.0.1");
    assertEquals([all.at(-1), narrow.at(-1)], ["ok", "ok"]);
    for (const [i, answer] of all.slice(0, -1).entries()) {
      assertEquals(narrow[i], answer === "ok" ? "ENOTCAPABLE" : answer);
    }
  },
  "inherit",
);
