/** Talking to programs of other hands. */
import { assertEquals, assertRejects } from "@std/assert";
import { SocketError } from "@berkeley/sockets/errors";
import {
  connectUnix,
  type ConnectUnixOptions,
  listenUnix,
  type UnixConn,
} from "@berkeley/sockets/unix";
import { bytes, readAll, text } from "../_each_stream.ts";
import { hasProgram } from "../_programs.ts";
import { startProgram } from "../_start_program.ts";
import { abstractName, BACKENDS, SOON, withFolder } from "./_setup.ts";

/** What is sent each way: more than any buffer on the way holds. */
const MUCH = new Uint8Array(1_000_000).map((_, i) => i * 7);

/** Registers a test with a program, on each backend. */
function peerTest(
  name: string,
  program: string,
  body: (
    backend: (typeof BACKENDS)[number],
    folder: string,
  ) => Promise<void>,
): void {
  for (const backend of BACKENDS) {
    Deno.test({
      name: `${name}, over ${backend}`,
      ignore: Deno.build.os === "windows" || !hasProgram(program),
      fn: () => withFolder((folder) => body(backend, folder)),
    });
  }
}

/** Starts a program that ends with the test. */
function start(program: string, ...args: string[]) {
  return startProgram(program, { args });
}

/** Connects as soon as the program listens. */
async function connectSoon(options: ConnectUnixOptions): Promise<UnixConn> {
  for (let attempt = 0;; attempt++) {
    try {
      return await connectUnix(options);
    } catch (error) {
      if (attempt === 400 || !(error instanceof SocketError)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

/** Sends much, half-closes, and reads the same back. */
async function assertEchoes(conn: UnixConn): Promise<void> {
  const sending = conn.writeAll(MUCH).then(() => conn.closeWrite());
  const back = await readAll(conn);
  await sending;
  assertEquals(back.length, MUCH.length);
  assertEquals(back.every((byte, i) => byte === MUCH[i]), true);
}

peerTest(
  "socat UNIX-LISTEN echoes what we send",
  "socat",
  async (backend, folder) => {
    const path = `${folder}/sock`;
    await using _peer = start(
      "socat",
      "-t20",
      `UNIX-LISTEN:${path}`,
      "EXEC:cat",
    );
    await using conn = await connectSoon({ path, backend });
    await assertEchoes(conn);
  },
);

peerTest(
  "socat UNIX-CONNECT gets its echo",
  "socat",
  async (backend, folder) => {
    const path = `${folder}/sock`;
    await using listener = await listenUnix({ path, backend });
    await using peer = start("socat", "-t20", "-", `UNIX-CONNECT:${path}`);
    await using conn = await listener.accept(SOON);
    const writing = peer.write("asked\n").then(() => peer.endInput());
    assertEquals(await conn.readLine(SOON), "asked");
    assertEquals(await conn.readLine(SOON), null);
    await conn.send(bytes("answered\n"));
    await conn.closeWrite();
    await writing;
    assertEquals((await peer.finished()).stdout, "answered\n");
  },
);

if (Deno.build.os === "linux") {
  peerTest(
    "socat ABSTRACT-LISTEN echoes what we send",
    "socat",
    async (backend) => {
      const path = abstractName();
      await using _peer = start(
        "socat",
        "-t20",
        `ABSTRACT-LISTEN:${path.slice(1)}`,
        "EXEC:cat",
      );
      await using conn = await connectSoon({ path, backend });
      await assertEchoes(conn);
    },
  );

  peerTest(
    "socat ABSTRACT-CONNECT gets our greeting",
    "socat",
    async (backend) => {
      const path = abstractName();
      await using listener = await listenUnix({ path, backend });
      await using peer = start(
        "socat",
        "-u",
        `ABSTRACT-CONNECT:${path.slice(1)}`,
        "-",
      );
      await using conn = await listener.accept(SOON);
      await conn.send(bytes("hello\n"));
      await conn.closeWrite();
      assertEquals((await peer.finished()).stdout, "hello\n");
    },
  );
}

peerTest("ncat -l -U answers us", "ncat", async (backend, folder) => {
  const path = `${folder}/sock`;
  await using peer = start("ncat", "-l", "-U", path);
  await using conn = await connectSoon({ path, backend });
  await conn.send(bytes("from us\n"));
  await peer.printed(/from us/);
  await peer.write("from ncat\n");
  assertEquals(await conn.readLine(SOON), "from ncat");
  await conn.closeWrite();
});

peerTest("ncat -U connects to us", "ncat", async (backend, folder) => {
  const path = `${folder}/sock`;
  await using listener = await listenUnix({ path, backend });
  await using peer = start("ncat", "-U", path);
  await using conn = await listener.accept(SOON);
  await peer.write("from ncat\n");
  assertEquals(await conn.readLine(SOON), "from ncat");
  await conn.send(bytes("from us\n"));
  await peer.printed(/from us/);
});

const SERVER = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
s.bind(sys.argv[1].replace("@", "\\0", 1)); s.listen(1)
c, addr = s.accept()
print("peer", repr(addr), flush=True)
total = b""
while True:
    data = c.recv(65536)
    if not data: break
    total += data
c.sendall(total[::-1])
c.shutdown(socket.SHUT_WR)
print("end", c.recv(1), flush=True)
`;

peerTest(
  "Python's server sees our half-close, and we its",
  "python3",
  async (backend, folder) => {
    for (
      const path of [
        `${folder}/sock`,
        ...(Deno.build.os === "linux" ? [abstractName()] : []),
      ]
    ) {
      const shown = path.replace("\0", "@");
      await using peer = start("python3", "-c", SERVER, shown);
      await using conn = await connectSoon({ path, backend });
      await peer.printed(/peer ''|peer b''|peer None/); // it has no name
      await conn.send(bytes("abc"));
      await conn.closeWrite();
      assertEquals(text(await readAll(conn)), "cba");
      conn.close();
      await peer.printed(/end b''/);
    }
  },
);

const CLIENT = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
s.connect(sys.argv[1])
print(s.getpeername() == sys.argv[1], flush=True)
s.sendall(b"x" * 300000)
s.shutdown(socket.SHUT_WR)
print(s.recv(100, socket.MSG_WAITALL).decode(), flush=True)
`;

peerTest(
  "Python's client connects to us by our path",
  "python3",
  async (backend, folder) => {
    const path = `${folder}/sock`;
    await using listener = await listenUnix({ path, backend });
    await using peer = start("python3", "-c", CLIENT, path);
    await using conn = await listener.accept(SOON);
    await peer.printed(/True/);
    assertEquals((await readAll(conn)).length, 300_000);
    await conn.send(bytes("counted"));
    await conn.closeWrite();
    await peer.printed(/counted/);
  },
);

peerTest(
  "a path that Python left behind is replaced",
  "python3",
  async (backend, folder) => {
    const path = `${folder}/sock`;
    const bind =
      "import socket, sys; s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM); s.bind(sys.argv[1]); s.listen(1)";
    await using peer = start("python3", "-c", bind, path);
    await peer.finished(); // it removes nothing
    await assertRejects(
      () => listenUnix({ path, backend }),
      Deno.errors.AddrInUse,
    );
    await using _ = await listenUnix({ path, backend, replaceStale: true });
    await using _client = await connectUnix({ path, backend });
  },
);
