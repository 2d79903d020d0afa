/** Talking to programs of other hands. */
import { assertEquals } from "@std/assert";
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  MessageBatch,
  MSG_OOB,
  MSG_WAITALL,
  PosixSocket,
  SHUT_WR,
  SOCK_DGRAM,
  SOCK_STREAM,
  socket,
} from "../../posix/mod.ts";
import { HAS_POSIX } from "../_posix.ts";
import { hasProgram } from "../_programs.ts";
import { FAMILIES } from "../_each_family.ts";
import { bytes, nameOf, SOON, text, until } from "./_setup.ts";

interface Child extends AsyncDisposable {
  lines: AsyncIterator<string>;
}

/** Starts a program, and reads what it prints line by line. */
function start(program: string, ...args: string[]): Child {
  const child = new Deno.Command(program, {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  async function* read() {
    let rest = "";
    const decoder = new TextDecoderStream();
    for await (const part of child.stdout.pipeThrough(decoder)) {
      const all = (rest + part).split("\n");
      rest = all.pop()!;
      yield* all;
    }
  }
  const lines = read();
  return {
    lines,
    async [Symbol.asyncDispose]() {
      try {
        child.kill("SIGKILL");
      } catch {
        // it has ended
      }
      await lines.return?.();
      await child.stdout.cancel().catch(() => {}); // where nobody has read
      await child.status;
    },
  };
}

function peerTest(name: string, program: string, fn: () => Promise<void>) {
  Deno.test({ name, ignore: !HAS_POSIX || !hasProgram(program), fn });
}

/** A peer that knows C's calls by another road: says what it sees, line by line. */
const PYTHON = `
import array, os, socket, sys
family = getattr(socket, sys.argv[1]); host = sys.argv[2]
s = socket.socket(family, socket.SOCK_STREAM)
s.bind((host, 0)); s.listen(1)
print(s.getsockname()[1], flush=True)
c, addr = s.accept()
c.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
print(addr[0], addr[1], flush=True)
print(c.recv(4, socket.MSG_WAITALL).decode(), flush=True)
print(c.recv(1).decode(), flush=True)
c.sendall(b"x" * 100000)
while True:
    data = c.recv(65536)
    if not data: break
print("end", flush=True)
c.send(b"!", socket.MSG_OOB)
c.recv(1)
`;

for (const { name, family, loopback } of FAMILIES) {
  peerTest(
    `Python sees what we do with a stream (${name})`,
    "python3",
    async () => {
      const af = family === 4 ? "AF_INET" : "AF_INET6";
      await using peer = start("python3", "-c", PYTHON, af, loopback);
      const next = async () => (await peer.lines.next()).value;
      const port = Number(await next());
      using client = socket(family === 4 ? AF_INET : AF_INET6, SOCK_STREAM);
      await client.connect({ hostname: loopback, port }, SOON);
      assertEquals(await next(), `${loopback} ${nameOf(client).port}`);
      for (const part of ["ab", "cd"]) await client.send(bytes(part));
      assertEquals(await next(), "abcd");
      await client.send(bytes("u"), { flags: MSG_OOB });
      assertEquals(await next(), "u");
      const buffer = new Uint8Array(100_000);
      const flags = MSG_WAITALL;
      assertEquals(await client.recv(buffer, { flags, ...SOON }), 100_000);
      client.shutdown(SHUT_WR);
      assertEquals(await next(), "end");
      const urgent = new Uint8Array(1);
      await until(() => {
        try {
          return client.recvNow(urgent, MSG_OOB) === 1;
        } catch {
          return false; // EINVAL as long as it has not come
        }
      });
      assertEquals(text(urgent), "!");
    },
  );
}

/** Sends a descriptor over a local socket, as C's programs do. */
const RIGHTS = `
import array, os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
s.connect(sys.argv[1])
r, w = os.pipe()
a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
s.sendmsg([b"take"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [a.fileno()]))])
a.close()
print(b.recv(64).decode(), flush=True)
`;

peerTest("Python gives us a descriptor of its own", "python3", async () => {
  const folder = await Deno.makeTempDir();
  try {
    using listener = socket(AF_UNIX, SOCK_STREAM);
    const path = `${folder}/sock`;
    listener.bind({ path });
    listener.listen();
    await using peer = start("python3", "-c", RIGHTS, path);
    using server = (await listener.accept(SOON)).socket;
    const { control } = await server.recvMsg(new Uint8Array(8), SOON);
    const [rights] = control;
    if (rights?.type !== "SCM_RIGHTS") throw new Error("no descriptor came");
    using given = PosixSocket.adopt(rights.descriptors[0]!);
    await given.send(bytes("thanks"));
    assertEquals((await peer.lines.next()).value, "thanks");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

peerTest("socat echoes over a local socket", "socat", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/sock`;
    await using _ = start("socat", `UNIX-LISTEN:${path}`, "PIPE");
    using client = socket(AF_UNIX, SOCK_STREAM);
    // It is there before it listens.
    await until(() => {
      try {
        client.connectNow({ path });
        return true;
      } catch {
        return false;
      }
    });
    await client.send(bytes("through socat"));
    const buffer = new Uint8Array(32);
    assertEquals(
      text(buffer, await client.recv(buffer, SOON)),
      "through socat",
    );
    client.shutdown(SHUT_WR);
    assertEquals(await client.recv(buffer, SOON), 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Counts what recvmmsg brings, and answers by sendmmsg. */
const C = `
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
int main(void) {
  int fd = socket(AF_INET6, SOCK_DGRAM, 0);
  struct sockaddr_in6 name = {.sin6_family = AF_INET6, .sin6_addr = in6addr_any};
  socklen_t size = sizeof name;
  bind(fd, (struct sockaddr *)&name, size);
  getsockname(fd, (struct sockaddr *)&name, &size);
  printf("%d\\n", ntohs(name.sin6_port)); fflush(stdout);
  static char data[64][2048]; struct sockaddr_in6 from[64];
  struct iovec iov[64]; struct mmsghdr msgs[64];
  for (int total = 0; total < 500;) {
    memset(msgs, 0, sizeof msgs);
    for (int i = 0; i < 64; i++) {
      iov[i] = (struct iovec){data[i], sizeof data[i]};
      msgs[i].msg_hdr = (struct msghdr){.msg_name = &from[i], .msg_namelen = sizeof from[i], .msg_iov = &iov[i], .msg_iovlen = 1};
    }
    int n = recvmmsg(fd, msgs, 64, MSG_WAITFORONE, NULL);
    if (n < 0) return 1;
    for (int i = 0; i < n; i++) iov[i].iov_len = msgs[i].msg_len;
    for (int done = 0; done < n;) {
      int m = sendmmsg(fd, msgs + done, n - done, 0);
      if (m < 0) return 2;
      done += m;
    }
    total += n;
  }
  puts("done"); fflush(stdout);
  return 0;
}`;

peerTest("a program in C gets our batches, and we get its", "cc", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/echo.c`, C);
    const { success } = await new Deno.Command("cc", {
      args: ["-O1", "-o", `${folder}/echo`, `${folder}/echo.c`],
    }).output();
    assertEquals(success, true);
    await using peer = start(`${folder}/echo`);
    const port = Number((await peer.lines.next()).value);
    using four = socket(AF_INET, SOCK_DGRAM);
    using six = socket(AF_INET6, SOCK_DGRAM);
    const out = new MessageBatch({ capacity: 50, size: 1500 });
    const back = new MessageBatch({ capacity: 50, size: 1500 });
    for (let round = 0; round < 10; round++) {
      const [one, hostname] = round % 2
        ? [six, "::1"] as const
        : [four, "127.0.0.1"] as const;
      out.clear();
      let sum = 0;
      for (let i = 0; i < 50; i++) {
        const data = new Uint8Array(i * 29).fill(i);
        one.addTo(out, data, { hostname, port });
        sum += data.length * i;
      }
      await one.sendMany(out);
      for (let got = 0; got < 50;) {
        const count = await one.recvMany(back, SOON);
        for (let i = 0; i < count; i++) {
          const data = back.data(i);
          assertEquals(back.address(i), { hostname, port });
          sum -= data.reduce((all, byte) => all + byte, 0);
        }
        got += count;
      }
      assertEquals(sum, 0);
    }
    assertEquals((await peer.lines.next()).value, "done");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
