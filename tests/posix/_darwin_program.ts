/**
 * Run by darwin_test.ts on any system: takes this one for macOS, so that the tables
 * of macOS are used, and prints what libc is given. Its answers are made here, after
 * the sources of XNU.
 */
type Call = (...args: unknown[]) => number;

Object.defineProperty(Deno, "build", {
  value: { ...Deno.build, os: "darwin", arch: "x86_64" },
});

/** What libc answers, by the name of the call; 0 for the others. */
const answers: Record<string, Call> = {};
let errno = 0;
let calls: string[] = [];

Object.defineProperty(Deno, "dlopen", {
  value: (path: string, definitions: Record<string, { type?: string }>) => {
    if (path !== "/usr/lib/libSystem.B.dylib") throw new Error(path);
    const symbols = Object.fromEntries(
      Object.entries(definitions).map(([name, { type }]) => [
        name,
        type === "pointer" ? Deno.UnsafePointer.create(8n) : answer(name),
      ]),
    );
    return { symbols, close() {} };
  },
});

function answer(name: string): unknown {
  if (name === "__error") return () => Deno.UnsafePointer.create(8n);
  if (name === "copyFrom") {
    return (target: Int32Array) => void (target[0] = errno);
  }
  if (name === "addressOf") {
    return (buffer: Uint8Array) =>
      Deno.UnsafePointer.value(
        Deno.UnsafePointer.of(buffer as Uint8Array<ArrayBuffer>),
      );
  }
  return (...args: unknown[]) => {
    // Addresses are others each time.
    const shown = name === "recvmsg" ? [] : args.map(show);
    calls.push(`${name}(${shown.join(" ")})`);
    return answers[name]?.(...args) ?? 0;
  };
}

/** Numbers, and bytes in hexadecimal. */
function show(arg: unknown): string {
  if (!ArrayBuffer.isView(arg)) return String(arg);
  return new Uint8Array(arg.buffer, arg.byteOffset, arg.byteLength).toHex();
}

const told: Record<string, unknown> = {};

/** Does something; what libc was given meanwhile, and what came of it. */
function observe(what: string, body: () => unknown): void {
  calls = [];
  let result: unknown;
  try {
    result = body() ?? "ok";
  } catch (error) {
    const { name, code } = error as { name: string; code?: string };
    result = code ?? name;
  }
  told[what] = { result, calls: [...calls] };
}

const { encodeControl, decodeControl } = await import(
  "../../posix/_control.ts"
);
const { decode } = await import("../../posix/_sockaddr.ts");
const { recvFromByMessage, recvMsgNow } = await import(
  "../../posix/_message.ts"
);
const { setOption } = await import("../../posix/_options.ts");
const { disconnectNow } = await import("../../posix/_connect.ts");
const { configure } = await import("../../posix/_open.ts");
const { callFlags } = await import("../../posix/_calls.ts");
const { pollNow } = await import("../../posix/_poll_now.ts");
const { loadLibc } = await import("../../posix/_libc.ts");
const { socketPair } = await import("../../posix/open.ts");
const { MSG_ERRQUEUE, MSG_MORE, MSG_NOSIGNAL, MSG_PEEK } = await import(
  "../../posix/constants.ts"
);
const { POLLERR, POLLHUP, POLLIN, POLLOUT } = await import(
  "../../posix/constants.ts"
);
loadLibc();

// Control messages: IP_TOS is sent as 3, and received as 27.
observe("sent IP_TOS", () => {
  const sent = encodeControl([{ type: "IP_TOS", value: 8 }]);
  return sent.toHex();
});
observe("received IP_RECVTOS", () => {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 13, true);
  view.setInt32(8, 27, true);
  bytes[12] = 8;
  return decodeControl(bytes, 16);
});

// Names of AF_UNIX: a socket without one has 14 zeros.
const unix = (path: string, size: number) => {
  const bytes = new Uint8Array(128);
  bytes.set([size, 1, ...new TextEncoder().encode(path)]);
  return decode(bytes, 0, size);
};
observe("no name", () => unix("", 16));
observe("a path", () => unix("/tmp/x", 16));

// Groups: by an address, the system's choice, and an index.
for (const via of ["192.0.2.1", undefined, 7, "7"]) {
  for (const verb of ["ADD", "DROP"] as const) {
    const request = { address: "239.1.2.3", interface: via };
    observe(
      `${verb} ${typeof via} ${via}`,
      () => setOption(3, `IP_${verb}_MEMBERSHIP`, request),
    );
  }
}

// SO_LINGER, SO_BINDTODEVICE, and what macOS lacks.
observe("linger 327 s", () => setOption(3, "SO_LINGER", 327_000));
observe("linger 328 s", () => setOption(3, "SO_LINGER", 328_000));
observe("SO_BINDTODEVICE", () => setOption(3, "SO_BINDTODEVICE", "en0"));
observe("MSG_PEEK", () => callFlags(MSG_PEEK));
observe("hints", () => callFlags(MSG_NOSIGNAL | MSG_MORE));
observe("MSG_ERRQUEUE", () => callFlags(MSG_ERRQUEUE));
observe("SOCK_SEQPACKET", () => socketPair(1, 5));
observe("configure", () => configure(3));

// Disconnecting: macOS has done it when it refuses the family.
for (const [type, name] of [[2, "datagram"], [1, "stream"]] as const) {
  for (const reason of [0, 22, 47, 9]) {
    errno = reason;
    answers.getsockopt = (_fd, _level, _number, value) => {
      (value as Uint8Array)[0] = type; // SO_TYPE
      return 0;
    };
    answers.connect = () => reason === 0 ? 0 : -1;
    answers.setsockopt = answers.connect;
    observe(`disconnect ${name} ${reason}`, () => disconnectNow(3));
  }
}
answers.setsockopt = () => 0;

// Receiving: truncation is told by recvmsg, descriptors are set to close at exec.
const buffer = new Uint8Array(4);
answers.recvmsg = (_fd, header) => {
  const view = new DataView((header as Uint8Array).buffer);
  view.setUint32(8, 0, true); // no name
  view.setUint32(44, 0x10, true); // MSG_TRUNC
  const at = view.getBigUint64(32, true);
  if (at !== 0n) {
    const pointer = Deno.UnsafePointer.create(at)!;
    const control = new DataView(
      Deno.UnsafePointerView.getArrayBuffer(pointer, 512),
    );
    control.setUint32(0, 20, true);
    control.setInt32(4, 0xffff, true);
    control.setInt32(8, 1, true); // SCM_RIGHTS
    control.setInt32(12, 71, true);
    control.setInt32(16, 72, true);
    view.setUint32(40, 20, true);
  } else {
    view.setUint32(40, 0, true);
  }
  return 4;
};
observe("recvfrom", () => recvFromByMessage(3, buffer, 0));
observe("recvmsg", () => recvMsgNow(3, [buffer], 512, 0)?.control);

// poll(): XNU tells nothing of a descriptor for which no data is asked for.
for (const there of [POLLIN, POLLHUP, POLLIN | POLLHUP]) {
  answers.poll = (bytes, count) => {
    const set = new DataView((bytes as Uint8Array).buffer);
    for (let at = 0; at < (count as number) * 8; at += 8) {
      const asked = set.getInt16(at + 4, true);
      const isWatched = (asked & (POLLIN | POLLOUT)) !== 0;
      set.setInt16(at + 6, isWatched ? there & (asked | POLLHUP) : 0, true);
    }
    return count as number;
  };
  observe(
    `poll ${there}`,
    () =>
      pollNow(
        [POLLIN, POLLOUT, POLLERR, 0].map((events) => ({ fd: 3, events })),
      ),
  );
}

// A thread that waits: what asks for no data would end each wait at once, and is
// looked at now and then instead.
const { PollSet } = await import("../../posix/_poll_set.ts");
const waits: [count: number, timeout: number][] = [];
const set = new PollSet((_fds, count, timeout) => {
  waits.push([Number(count), Number(timeout)]);
  return Promise.resolve(0);
});
const events: [id: number, events: number][] = [];
const onEvent = (id: number, event: number) => void events.push([id, event]);
set.add(1, 11);
set.add(2, 12);
set.want(1, POLLIN);
await set.wait(onEvent);
set.want(2, POLLERR);
await set.wait(onEvent);
told.waits = { waits, events };

console.log(JSON.stringify(told));
