/** The tables of numbers and layouts, against the headers of this system. */
import { assert, assertEquals } from "@std/assert";
import * as constants from "../../posix/constants.ts";
import { OPTION_TABLE } from "../../posix/_option_table.ts";
import {
  CMSGHDR,
  EPOLL_EVENT,
  IOVEC,
  IS_LINUX,
  MMSGHDR,
  MSGHDR,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOL_SOCKET,
} from "../../posix/_platform.ts";
import { decodeTcpInfo, TCP_INFO } from "../../posix/tcp_info.ts";
import { HAS_POSIX } from "../_posix.ts";
import { hasProgram } from "../_programs.ts";
import { posixTest } from "./_setup.ts";

const INCLUDES = [
  ...["errno", "fcntl", "net/if", "netinet/in", "poll", "stddef", "stdio"],
  ...["sys/epoll", "sys/eventfd", "sys/socket", "sys/un", "linux/tcp"],
];

/** What C says of expressions: those that it does not know are left out. */
async function ask(expressions: string[]): Promise<Map<string, number>> {
  const lines = expressions.map((expression) =>
    `printf("%s=%lld\\n", "${expression}", (long long)(${expression}));`
  );
  const guarded = lines.map((line, i) =>
    /^\w+$/.test(expressions[i]!)
      ? `#ifdef ${expressions[i]}\n${line}\n#endif`
      : line
  );
  const source = `#define _GNU_SOURCE
${INCLUDES.map((name) => `#include <${name}.h>`).join("\n")}
int main(void) {
${guarded.join("\n")}
return 0;
}`;
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/ask.c`, source);
    const args = ["-o", `${folder}/ask`, `${folder}/ask.c`];
    const { success, stderr } = await new Deno.Command("cc", { args }).output();
    assert(success, new TextDecoder().decode(stderr));
    const { stdout } = await new Deno.Command(`${folder}/ask`).output();
    const told = new TextDecoder().decode(stdout).trim().split("\n");
    return new Map(told.map((line) => {
      const at = line.lastIndexOf("=");
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function layoutTest(name: string, fn: () => Promise<void>): void {
  Deno.test({
    name,
    ignore: !HAS_POSIX || !IS_LINUX || !hasProgram("cc"),
    fn,
  });
}

layoutTest("options have the numbers of the headers", async () => {
  const levels: Record<string, string> = {
    SO: "SOL_SOCKET",
    TCP: "IPPROTO_TCP",
    IP: "IPPROTO_IP",
    IPV6: "IPPROTO_IPV6",
    MCAST: "IPPROTO_IP",
  };
  const names = Object.keys(OPTION_TABLE) as (keyof typeof OPTION_TABLE)[];
  // Enumerators, which the preprocessor does not know.
  const protocols = ["IPPROTO_TCP", "IPPROTO_IP", "IPPROTO_IPV6"];
  const told = await ask([
    ...names,
    "SOL_SOCKET",
    ...protocols.map((p) => `+${p}`),
  ]);
  const levelOf = (name: string) => {
    const level = levels[name.split("_")[0]!]!;
    return told.get(level) ?? told.get(`+${level}`);
  };
  let known = 0;
  for (const name of names) {
    const [level, , linux] = OPTION_TABLE[name];
    assertEquals(level, levelOf(name), name);
    if (!told.has(name)) continue; // an older header
    assertEquals(linux, told.get(name), name);
    known++;
  }
  assert(known > 0.9 * names.length, `the headers know but ${known}`);
});

layoutTest("flags and events have the numbers of the headers", async () => {
  const names = Object.keys(constants) as (keyof typeof constants)[];
  // MSG_ and SHUT_ are enumerators as well as macros.
  const told = await ask(names);
  for (const name of names) {
    const expected = told.get(name);
    assertEquals(constants[name], expected, name);
  }
  const others = { SOL_SOCKET, SOCK_CLOEXEC, SOCK_NONBLOCK };
  const found = await ask(Object.keys(others).map((name) => `+${name}`));
  for (const [name, number] of Object.entries(others)) {
    assertEquals(number, found.get(`+${name}`), name);
  }
});

layoutTest("structures have the layouts of the headers", async () => {
  const sizeOf = (name: string) => `sizeof(struct ${name})`;
  const at = (name: string, part: string) =>
    `offsetof(struct ${name}, ${part})`;
  const expected: Record<string, number> = {
    [sizeOf("msghdr")]: MSGHDR.size,
    [at("msghdr", "msg_name")]: MSGHDR.name,
    [at("msghdr", "msg_namelen")]: MSGHDR.nameLength,
    [at("msghdr", "msg_iov")]: MSGHDR.vectors,
    [at("msghdr", "msg_iovlen")]: MSGHDR.vectorCount,
    [at("msghdr", "msg_control")]: MSGHDR.control,
    [at("msghdr", "msg_controllen")]: MSGHDR.controlLength,
    [at("msghdr", "msg_flags")]: MSGHDR.flags,
    [sizeOf("mmsghdr")]: MMSGHDR.size,
    [at("mmsghdr", "msg_len")]: MMSGHDR.length,
    [sizeOf("iovec")]: IOVEC.size,
    [at("iovec", "iov_base")]: IOVEC.base,
    [at("iovec", "iov_len")]: IOVEC.length,
    [sizeOf("cmsghdr")]: CMSGHDR.size,
    [at("cmsghdr", "cmsg_level")]: CMSGHDR.level,
    [at("cmsghdr", "cmsg_type")]: CMSGHDR.type,
    "CMSG_SPACE(1) - CMSG_LEN(0)": CMSGHDR.alignment,
    [sizeOf("epoll_event")]: EPOLL_EVENT.size,
    [at("epoll_event", "data")]: EPOLL_EVENT.data,
    [sizeOf("sockaddr_storage")]: 128,
    [sizeOf("sockaddr_in")]: 16,
    [sizeOf("sockaddr_in6")]: 28,
    [at("sockaddr_in6", "sin6_scope_id")]: 24,
    [at("sockaddr_un", "sun_path")]: 2,
    [sizeOf("sockaddr_un")]: 110,
    [sizeOf("pollfd")]: 8,
    [at("pollfd", "revents")]: 6,
    [sizeOf("linger")]: 8,
    [sizeOf("timeval")]: 16,
    [sizeOf("ucred")]: 12,
    [sizeOf("ip_mreqn")]: 12,
    [sizeOf("ipv6_mreq")]: 20,
    [sizeOf("ip_mreq_source")]: 12,
    [at("ip_mreq_source", "imr_sourceaddr")]: 8,
    [sizeOf("group_source_req")]: 264,
    [at("group_source_req", "gsr_group")]: 8,
    [at("group_source_req", "gsr_source")]: 136,
    [sizeOf("in_pktinfo")]: 12,
    [at("in_pktinfo", "ipi_spec_dst")]: 4,
    [at("in_pktinfo", "ipi_addr")]: 8,
    [sizeOf("in6_pktinfo")]: 20,
    [at("in6_pktinfo", "ipi6_ifindex")]: 16,
    "+TCP_INFO": TCP_INFO,
  };
  const told = await ask(Object.keys(expected));
  assertEquals(Object.fromEntries(told), expected);
});

posixTest("the runtime fills a size_t with zeros for a u32", () => {
  if (!IS_LINUX) return;
  // C returns how many bytes it was given, in 64 bits: for the first calls and for
  // those that V8 has optimized.
  const library = Deno.dlopen("libc.so.6", {
    open: { parameters: ["buffer", "i32"], result: "i32" },
    write: { parameters: ["i32", "buffer", "u32"], result: "i64" },
    close: { parameters: ["i32"], result: "i32" },
  });
  const { symbols } = library;
  const O_WRONLY = 1;
  const path = new TextEncoder().encode("/dev/null\0");
  const fd = symbols.open(path, O_WRONLY);
  const bytes = new Uint8Array(1024);
  for (let i = 0; i < 20_000; i++) {
    const count = symbols.write(fd, bytes, i % 1024);
    if (count !== BigInt(i % 1024)) assertEquals(count, BigInt(i % 1024));
  }
  symbols.close(fd);
  library.close();
});

layoutTest("tcpInfo() reads each field where the headers have it", async () => {
  const fields = {
    ...{ retransmits: "retransmits", probes: "probes", rto: "rto" },
    ...{ sendMss: "snd_mss", receiveMss: "rcv_mss", lost: "lost" },
    ...{ unacknowledged: "unacked", pathMtu: "pmtu", rtt: "rtt" },
    ...{ lastDataSent: "last_data_sent", rttVariance: "rttvar" },
    ...{ lastDataReceived: "last_data_recv", congestionWindow: "snd_cwnd" },
    ...{ slowStartThreshold: "snd_ssthresh" },
    ...{ totalRetransmits: "total_retrans", minRtt: "min_rtt" },
    ...{ bytesAcknowledged: "bytes_acked", bytesReceived: "bytes_received" },
    ...{ notSent: "notsent_bytes", state: "state" },
  };
  const at = (field: string) => `offsetof(struct tcp_info, tcpi_${field})`;
  const told = await ask(Object.values(fields).map(at));
  const empty = decodeTcpInfo(new Uint8Array(152));
  assertEquals(Object.keys(empty).toSorted(), Object.keys(fields).toSorted());
  for (const [name, field] of Object.entries(fields)) {
    // One byte there changes this field, and no other.
    const bytes = new Uint8Array(152);
    bytes[told.get(at(field))!] = 1;
    const changed = Object.entries(decodeTcpInfo(bytes)).filter(
      ([key, value]) => value !== empty[key as keyof typeof empty],
    ).map(([key]) => key);
    assertEquals(changed, [name]);
  }
});
