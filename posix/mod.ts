/**
 * The Berkeley API itself, over libc, for what no API of the runtime gives: socket
 * options, flags, raw and local sockets, really connected UDP, batches. C's calls
 * are methods of {@linkcode PosixSocket}; where C would block, they wait without
 * blocking the program.
 *
 * It needs `--allow-ffi`, and works on Linux. On macOS it has never run: what libc
 * is given there was compared with Apple's headers only.
 *
 * libc bypasses Deno's permissions, so this module checks them, once per socket and
 * address. It never prompts. What `Deno.listen` and `Deno.connect` would refuse, it
 * refuses:
 *
 * - An IP address needs net access to it. A port that the system chose under a grant
 *   for port 0 belongs to the socket.
 * - A path needs read, write and net access (`--allow-net=unix:/the/path`). An
 *   abstract name needs net access.
 * - Raw sockets, protocols other than TCP, UDP and ICMP, and options that choose a
 *   route need net access to every host.
 * - `--deny-net`, `--deny-read` and `--deny-write` always win, also if the unspecified
 *   address leads to a denied one.
 *
 * As in C, who opens a socket closes it: one that is let go of stays open, and so do
 * those of a Worker that is terminated, until the program ends.
 *
 * - {@linkcode socket}, {@linkcode socketPair}: open {@linkcode PosixSocket}s.
 * - {@linkcode SocketName}: addresses, as plain objects.
 * - {@linkcode SocketOptions}: all options by name, with their types and units.
 * - {@linkcode MessageBatch}: datagrams for `sendMany` and `recvMany`.
 * - {@linkcode ControlMessage}: what goes beside the bytes.
 * - {@linkcode poll}: waits for several sockets.
 * - {@linkcode TcpInfo}: what the kernel knows of a connection.
 * - {@linkcode descriptorOf}, {@linkcode getSockOpt}, {@linkcode setSockOpt}: options
 *   of sockets that the runtime opened.
 * - {@linkcode peerCredentialsOf}: the process at the other end of a unix connection.
 *
 * ```text
 * socket.ts            PosixSocket: connections
 *   message_socket.ts  … messages and batches
 *   byte_socket.ts     … bytes
 *   socket_base.ts     … names, options, the end
 *   _socket_core.ts    what these share
 *   _side.ts           calls that receive or send, in turn
 *   _descriptor.ts     a descriptor and its events
 *   _reactor.ts        one thread that waits for all
 *     _epoll.ts        on Linux; _poll_set.ts elsewhere
 * _libc.ts             the symbols, errno
 * _platform.ts         numbers and layouts of each system
 * ```
 *
 * @example Options, and half-close
 * ```ts
 * import { AF_INET, SHUT_WR, SOCK_STREAM, socket } from "@berkeley/sockets/posix";
 * import { assertEquals } from "@std/assert";
 *
 * using listener = socket(AF_INET, SOCK_STREAM);
 * listener.bind({ hostname: "127.0.0.1", port: 0 });
 * listener.listen();
 *
 * using client = socket(AF_INET, SOCK_STREAM);
 * client.setSockOpt("TCP_USER_TIMEOUT", 5000);
 * await client.connect(listener.getSockName());
 * using server = (await listener.accept()).socket;
 *
 * client.shutdown(SHUT_WR);
 * assertEquals(await server.recv(new Uint8Array(8)), 0);
 * assertEquals(server.tcpInfo().state, "CLOSE_WAIT");
 * ```
 *
 * @module
 */
export type { NetAddr } from "../address/mod.ts";
export {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  AF_UNSPEC,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_RAW,
  IPPROTO_TCP,
  IPPROTO_UDP,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_SEQPACKET,
  SOCK_STREAM,
} from "../address/mod.ts";
export type { WaitOptions } from "../internal/wait/mod.ts";
export * from "./constants.ts";
export * from "./control_message.ts";
export * from "./descriptor_of.ts";
export { isSupported } from "./is_supported.ts";
export { MessageBatch, type MessageBatchOptions } from "./message_batch.ts";
export type { ReceivedMessage } from "./_message.ts";
export { socket, socketPair } from "./open.ts";
export { disconnectNow as disconnect } from "./_connect.ts";
export {
  getOption as getSockOpt,
  setOption as setSockOpt,
} from "./_options.ts";
export * from "./peer_credentials_of.ts";
export * from "./poll.ts";
export type { Received } from "./_calls.ts";
export type { TransferOptions } from "./_transfer.ts";
export { ByteSocket } from "./byte_socket.ts";
export {
  type Message,
  MessageSocket,
  type RecvMsgOptions,
} from "./message_socket.ts";
export { type Accepted, PosixSocket } from "./socket.ts";
export { SocketBase } from "./socket_base.ts";
export * from "./socket_options.ts";
export { scopeOf as interfaceIndex } from "./_sockaddr.ts";
export type { InetName, SocketName, UnixName } from "./socket_name.ts";
export type { TcpInfo, TcpState } from "./tcp_info.ts";
