/**
 * Run by permission_table_test.ts with some permissions: tries what Deno's own calls
 * and ours are permitted, and prints both answers for each.
 */
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  MessageBatch,
  type PosixSocket,
  SOCK_DGRAM,
  SOCK_STREAM,
  socket,
  type SocketName,
} from "../../posix/mod.ts";

const [folder] = Deno.args;
const HOSTS = [
  ...["127.0.0.1", "127.0.0.2", "::1", "0:0:0:0:0:0:0:1", "0.0.0.0", "::"],
  ...["::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:0.0.0.0"],
];
const PORTS = [0, 9];
const PATHS = [
  ...[
    `${folder}/a`,
    `${folder}/b`,
    `${folder}/../${folder!.split("/").at(-1)}/a`,
  ],
  ...["a", "./b", "/proc/self/cwd/a", "\0berkeley-permission-table"],
];

type Answer = "granted" | "denied";

/** Whether it is refused for want of a permission; other failures do not count. */
async function answer(body: () => unknown): Promise<Answer> {
  try {
    const opened = await body();
    if (opened instanceof Object && "close" in opened) {
      (opened as { close(): void }).close();
    }
  } catch (error) {
    const isDenied = error instanceof Deno.errors.NotCapable ||
      (error as { code?: string }).code === "ENOTCAPABLE";
    return isDenied ? "denied" : "granted";
  }
  return "granted";
}

/** The answers of Deno's own call, and of ours; undefined where Deno has none. */
type Row = [what: string, deno: Answer | undefined, ours: Answer];
const rows: Row[] = [];

async function compare(
  what: string,
  deno: (() => unknown) | undefined,
  ours: () => unknown,
): Promise<void> {
  const own = deno === undefined ? undefined : await answer(deno);
  rows.push([what, own, await answer(ours)]);
}

/** Uses a socket of ours, and closes it. */
async function use(
  family: number,
  type: number,
  body: (socket: PosixSocket) => unknown,
): Promise<void> {
  using own = socket(family, type);
  await body(own);
}

/** A socket of Deno's for datagrams, wherever it is permitted. */
function openDatagrams(): Deno.DatagramConn | undefined {
  for (const hostname of ["127.0.0.1", "127.0.0.2", "::1", "0.0.0.0", "::"]) {
    try {
      return Deno.listenDatagram({ transport: "udp", hostname, port: 0 });
    } catch { // the next one
    }
  }
  return undefined;
}

const datagrams = openDatagrams();
const bytes = new Uint8Array(1);

for (const hostname of HOSTS) {
  const family = hostname.includes(":") ? AF_INET6 : AF_INET;
  for (const port of PORTS) {
    const name = { hostname, port };
    const at = `${hostname} ${port}`;
    await compare(
      `listen ${at}`,
      () => Deno.listen(name),
      () =>
        use(family, SOCK_STREAM, (own) => {
          own.setSockOpt("SO_REUSEADDR", true);
          own.bind(name);
          own.listen();
        }),
    );
    await compare(
      `bind ${at}`,
      () => Deno.listenDatagram({ transport: "udp", ...name }),
      () => use(family, SOCK_DGRAM, (own) => own.bind(name)),
    );
    if (port === 0) continue;
    await compare(
      `connect ${at}`,
      () => Deno.connect(name),
      () => use(family, SOCK_STREAM, (own) => own.connect(name)),
    );
    const sends: Record<string, (own: PosixSocket) => unknown> = {
      sendTo: (own) => own.sendTo(bytes, name),
      sendMsg: (own) => own.sendMsg({ data: bytes, address: name }),
      addTo: (own) => own.addTo(new MessageBatch(), bytes, name),
      connectNow: (own) => own.connectNow(name),
    };
    for (const [what, send] of Object.entries(sends)) {
      await compare(
        `${what} ${at}`,
        datagrams &&
          (() => datagrams.send(bytes, { transport: "udp", ...name })),
        () => use(family, SOCK_DGRAM, send),
      );
    }
  }
}

for (const path of PATHS) {
  const shown = path.replace("\0", "@").replace(folder!, "");
  const name: SocketName = { path };
  const full = path.startsWith("\0") ? undefined : `${folder}/${path.at(-1)}`;
  const clean = () => {
    try {
      if (full !== undefined) Deno.removeSync(full);
    } catch { // it is not there, or not permitted
    }
  };
  const streams: Record<
    string,
    [() => unknown, (own: PosixSocket) => unknown]
  > = {
    bind: [
      () => Deno.listen({ transport: "unix", path }),
      (own) => own.bind(name),
    ],
    connect: [
      () => Deno.connect({ transport: "unix", path }),
      (own) => own.connect(name),
    ],
  };
  for (const [what, [deno, ours]] of Object.entries(streams)) {
    clean();
    await compare(`${what} ${shown}`, deno, () => {
      clean();
      return use(AF_UNIX, SOCK_STREAM, ours);
    });
  }
  for (
    const [what, send] of Object.entries<(own: PosixSocket) => unknown>({
      sendTo: (own) => own.sendTo(bytes, name),
      connectNow: (own) => own.connectNow(name),
    })
  ) {
    await compare(
      `${what} ${shown}`,
      () => Deno.connect({ transport: "unix", path }),
      () => use(AF_UNIX, SOCK_DGRAM, send),
    );
  }
}

datagrams?.close();
console.log(JSON.stringify(rows));
