/** The example unix_http, against its own daemon and against others. */
import { assertEquals } from "@std/assert";
import { serveUnix, type UnixConn } from "@berkeley/sockets";
import { hasProgram } from "../_programs.ts";
import { startProgram } from "../_start_program.ts";
import { assertFailsInALine, run, runExample } from "./_example.ts";

const isLinux = Deno.build.os === "linux";
const ignore = Deno.build.os === "windows";

/** Asks a daemon on a path, with access to that path only. */
function ask(path: string, ...args: string[]) {
  const words = ["examples/run.ts", "unix_http", "--path", path, ...args];
  return run(words, "", [
    `--allow-read=${path}`,
    `--allow-write=${path}`,
    `--allow-net=unix:${path}`,
  ]);
}

/** Calls `use` with the path of a daemon, which answers all with the same bytes. */
async function withDaemon(
  serve: (conn: UnixConn, request: string) => Promise<void>,
  use: (path: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/daemon.sock`;
    const onError = () => {};
    await using _daemon = await serveUnix({ path, onError }, async (conn) => {
      let request = "";
      for (let line; (line = await conn.readLine()) !== "";) {
        if (line === null) return;
        request += `${line}\n`;
      }
      await serve(conn, request);
    });
    await use(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const OWN: [args: string[], code: number, stdout: string][] = [
  [[], 0, '{"ApiVersion":"1.0","Method":"GET"}\n'],
  [
    ["--method", "POST", "--data", "x", "/version"],
    0,
    '{"ApiVersion":"1.0","Method":"POST"}\n',
  ],
  [
    ["/events", "--data", "żółw"],
    0,
    '{"event":"create"}\n{"event":"start"}\n{"event":"żółw"}\n',
  ],
  [
    ["/none", "--head"],
    1,
    'HTTP/1.1 404 Not Found\ncontent-length: 29\nconnection: close\n\n{"message":"page not found"}\n',
  ],
];

for (const [args, code, stdout] of OWN) {
  Deno.test({
    name: `unix_http ${
      args.join(" ")
    } asks its own daemon, with --allow-net only`,
    ignore: !isLinux,
    async fn() {
      const outcome = await runExample(["unix_http", ...args]);
      assertEquals(outcome.stderr, "");
      assertEquals([outcome.code, outcome.stdout], [code, stdout]);
    },
  });
}

Deno.test({
  name:
    "unix_http sends what a daemon expects, and reads an answer up to its end",
  ignore,
  fn: () => {
    let asked = "";
    return withDaemon(async (conn, request) => {
      asked = request;
      await conn.send("HTTP/1.1 100 Continue\r\n\r\n");
      await conn.send("HTTP/1.0 200 OK\nServer:  old \n\n");
      await conn.send("x".repeat(300_000));
    }, async (path) => {
      const target = "/v1.43/containers/json?all=true";
      const { code, stdout, stderr } = await ask(path, target);
      assertEquals([code, stderr, stdout.length], [0, "", 300_000]);
      assertEquals(
        asked,
        `GET ${target} HTTP/1.1\nHost: localhost\nConnection: close\n`,
      );
      const tooMuch = await ask(path, "/", "--max", "1000");
      assertFailsInALine(tooMuch, "larger than 1000 bytes");
    });
  },
});

const FAULTY: [answer: string, expected: string][] = [
  ["", "ended inside a message"],
  ["220 ready\r\n\r\n", "This is no HTTP"],
  ["HTTP/1.1 200 OK\r\nno header\r\n\r\n", "The head cannot be read"],
  ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", "inside the body"],
  ["HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", "size of the body"],
  [
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "size of the body",
  ],
  [
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
    "A chunk is too long",
  ],
];

Deno.test({
  name: "unix_http fails in a line when the daemon's answer is faulty",
  ignore,
  async fn() {
    await Promise.all(FAULTY.map(([answer, expected]) =>
      withDaemon(
        (conn) => conn.send(answer),
        async (path) => assertFailsInALine(await ask(path), expected),
      )
    ));
  },
});

Deno.test({
  name: "unix_http asks Python's HTTP server",
  ignore: ignore || !hasProgram("python3"),
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      const path = `${folder}/daemon.sock`;
      const program = `
import http.server, socketserver, sys
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(201)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[::-1])
    def address_string(self): return "unix"
    def log_message(self, *args): pass
class Server(socketserver.UnixStreamServer):
    def server_activate(self):
        super().server_activate()
        print("ready", flush=True)
Server(sys.argv[1], Handler).serve_forever()
`;
      await using server = startProgram("python3", {
        args: ["-c", program, path],
      });
      await server.printed(/ready/);
      const args = ["--method", "POST", "--data", "abc", "--head", "/create"];
      const { code, stdout, stderr } = await ask(path, ...args);
      assertEquals([code, stderr], [0, ""]);
      assertEquals(stdout.split("\n").slice(0, 1), ["HTTP/1.1 201 Created"]);
      assertEquals(stdout.split("\n").at(-1), "cba");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
