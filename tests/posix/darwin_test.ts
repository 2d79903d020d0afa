/** The tables of macOS, on any system: what its libc would be given. */
import { assertEquals } from "@std/assert";
import { posixTest } from "./_setup.ts";

const PROGRAM = new URL("_darwin_program.ts", import.meta.url).pathname;

/** A `struct group_req` of 239.1.2.3 and the interface 7, packed to 4 bytes. */
const GROUP_REQ = "0700000010020000ef010203".padEnd(2 * 132, "0");
const ADDRESS = "ef010203c000020100000000";
const ANY = "ef0102030000000000000000";
const SO_TYPE = "getsockopt(3 65535 4104 00000000 04000000)";
const CONNECT = "connect(3 10000000000000000000000000000000 16)";
const LINGER_0 = "setsockopt(3 65535 4224 0100000000000000 8)";
/** POLLIN, POLLOUT, POLLERR and nothing: the last two are asked for POLLIN, too. */
const POLL =
  "poll(0300000001000000030000000400000003000000090000000300000001000000 4 0)";

/** What each comes to, and which calls of libc it makes. */
const EXPECTED: Record<string, [result: unknown, ...calls: string[]]> = {
  "sent IP_TOS": ["10000000000000000300000008000000"],
  "received IP_RECVTOS": [[{ type: "IP_TOS", value: 8 }]],
  "no name": [{ path: "" }],
  "a path": [{ path: "/tmp/x" }],
  "ADD string 192.0.2.1": ["ok", `setsockopt(3 0 12 ${ADDRESS} 12)`],
  "DROP string 192.0.2.1": ["ok", `setsockopt(3 0 13 ${ADDRESS} 12)`],
  "ADD undefined undefined": ["ok", `setsockopt(3 0 12 ${ANY} 12)`],
  "DROP undefined undefined": ["ok", `setsockopt(3 0 13 ${ANY} 12)`],
  // MCAST_JOIN_GROUP and MCAST_LEAVE_GROUP
  "ADD number 7": ["ok", `setsockopt(3 0 80 ${GROUP_REQ} 132)`],
  "DROP number 7": ["ok", `setsockopt(3 0 81 ${GROUP_REQ} 132)`],
  "ADD string 7": ["ok", `setsockopt(3 0 80 ${GROUP_REQ} 132)`],
  "DROP string 7": ["ok", `setsockopt(3 0 81 ${GROUP_REQ} 132)`],
  // SO_LINGER_SEC, which has a short of hundredths of a second
  "linger 327 s": ["ok", "setsockopt(3 65535 4224 0100000047010000 8)"],
  "linger 328 s": ["RangeError"],
  "SO_BINDTODEVICE": ["ok", "setsockopt(3 65535 4404 656e3000 4)"],
  "MSG_PEEK": [0x82],
  "hints": [0x80],
  "MSG_ERRQUEUE": ["ENOTSUP"],
  "SOCK_SEQPACKET": ["ENOTSUP"],
  "configure": [
    "ok",
    "fcntl(3 3 0)",
    "fcntl(3 4 4)",
    "fcntl(3 2 1)",
    "setsockopt(3 65535 4227 0100000001000000 8)", // SONPX_SETOPTSHUT
  ],
  "disconnect datagram 0": ["ok", SO_TYPE, CONNECT],
  "disconnect datagram 22": ["ok", SO_TYPE, CONNECT], // EINVAL
  "disconnect datagram 47": ["ok", SO_TYPE, CONNECT], // EAFNOSUPPORT
  "disconnect datagram 9": ["EBADF", SO_TYPE, CONNECT],
  "disconnect stream 0": ["ok", SO_TYPE, LINGER_0],
  "disconnect stream 22": ["ok", SO_TYPE, LINGER_0], // both ways were shut down
  "disconnect stream 47": ["EAFNOSUPPORT", SO_TYPE, LINGER_0],
  "disconnect stream 9": ["EBADF", SO_TYPE, LINGER_0],
  "recvfrom": [
    { length: 4, address: { path: "" }, truncated: true },
    "recvmsg()",
  ],
  "recvmsg": [
    [{ type: "SCM_RIGHTS", descriptors: [71, 72] }],
    "recvmsg()",
    "fcntl(71 2 1)", // close at exec
    "fcntl(72 2 1)",
  ],
  "poll 1": [[1, 0, 0, 0], POLL],
  "poll 16": [[16, 16, 16, 16], POLL],
  "poll 17": [[17, 16, 16, 16], POLL],
};

posixTest("libc of macOS is given what XNU reads", async () => {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--quiet", "--allow-ffi", PROGRAM],
    env: { NO_COLOR: "1" },
  }).output();
  assertEquals(new TextDecoder().decode(stderr), "");
  const { waits, ...told } = JSON.parse(new TextDecoder().decode(stdout));
  for (const [what, [result, ...calls]] of Object.entries(EXPECTED)) {
    assertEquals(told[what], { result, calls }, what);
  }
  assertEquals(Object.keys(told), Object.keys(EXPECTED));
  // The second wait is short, leaves out the second descriptor, and looks at both.
  assertEquals(waits, {
    waits: [[2, -1], [2, 20]],
    events: [[1, 17], [2, 16]],
  });
}, "inherit");
