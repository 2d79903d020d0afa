import {
  defineKind,
  definePlainKind,
  type SocketErrorKind,
} from "./socket_error_kind.ts";
import type { SocketError } from "./socket_error.ts";

/** What {@linkcode ConnectionRefusedError} makes. */
export type ConnectionRefusedError =
  & SocketError
  & Deno.errors.ConnectionRefused;

/**
 * Nobody listens at the address, or a firewall answers in its place (`ECONNREFUSED`).
 *
 * @example Catching it by its class
 * ```ts
 * import { ConnectionRefusedError, socketError } from "@berkeley/sockets/errors";
 * import { assertInstanceOf } from "@std/assert";
 *
 * const error = socketError("ECONNREFUSED", { action: "go on" });
 * assertInstanceOf(error, ConnectionRefusedError);
 * assertInstanceOf(error, Deno.errors.ConnectionRefused);
 * ```
 */
export const ConnectionRefusedError: SocketErrorKind<
  Deno.errors.ConnectionRefused
> = defineKind("ConnectionRefusedError", Deno.errors.ConnectionRefused, [
  "ECONNREFUSED",
]);

/** What {@linkcode ConnectionResetError} makes. */
export type ConnectionResetError = SocketError & Deno.errors.ConnectionReset;

/**
 * The peer ended the connection with RST: what it had not read is lost (`ECONNRESET`).
 *
 * @example Catching it by its class
 * ```ts
 * import { ConnectionResetError, socketError } from "@berkeley/sockets/errors";
 * import { assertInstanceOf } from "@std/assert";
 *
 * const error = socketError("ECONNRESET", { action: "go on" });
 * assertInstanceOf(error, ConnectionResetError);
 * assertInstanceOf(error, Deno.errors.ConnectionReset);
 * ```
 */
export const ConnectionResetError: SocketErrorKind<
  Deno.errors.ConnectionReset
> = defineKind("ConnectionResetError", Deno.errors.ConnectionReset, [
  "ECONNRESET",
]);

/** What {@linkcode ConnectionAbortedError} makes. */
export type ConnectionAbortedError =
  & SocketError
  & Deno.errors.ConnectionAborted;

/**
 * The connection ended before it could be accepted, or was given up by this host (`ECONNABORTED`).
 *
 * @example Catching it by its class
 * ```ts
 * import { ConnectionAbortedError, socketError } from "@berkeley/sockets/errors";
 * import { assertInstanceOf } from "@std/assert";
 *
 * const error = socketError("ECONNABORTED", { action: "go on" });
 * assertInstanceOf(error, ConnectionAbortedError);
 * assertInstanceOf(error, Deno.errors.ConnectionAborted);
 * ```
 */
export const ConnectionAbortedError: SocketErrorKind<
  Deno.errors.ConnectionAborted
> = defineKind("ConnectionAbortedError", Deno.errors.ConnectionAborted, [
  "ECONNABORTED",
]);

/** What {@linkcode NotConnectedError} makes. */
export type NotConnectedError = SocketError & Deno.errors.NotConnected;

/**
 * The socket has no peer, or has one no longer (`ENOTCONN`).
 *
 * @example Catching it by its class
 * ```ts
 * import { NotConnectedError, socketError } from "@berkeley/sockets/errors";
 * import { assertInstanceOf } from "@std/assert";
 *
 * const error = socketError("ENOTCONN", { action: "go on" });
 * assertInstanceOf(error, NotConnectedError);
 * assertInstanceOf(error, Deno.errors.NotConnected);
 * ```
 */
export const NotConnectedError: SocketErrorKind<Deno.errors.NotConnected> =
  defineKind("NotConnectedError", Deno.errors.NotConnected, ["ENOTCONN"]);

/** What {@linkcode AddressInUseError} makes. */
export type AddressInUseError = SocketError & Deno.errors.AddrInUse;

/**
 * Another socket has the address and port (`EADDRINUSE`).
 *
 * @example Catching it by its class
 * ```ts
 * import { AddressInUseError, socketError } from "@berkeley/sockets/errors";
 * import { assertInstanceOf } from "@std/assert";
 *
 * const error = socketError("EADDRINUSE", { action: "go on" });
 * assertInstanceOf(error, AddressInUseError);
 * assertInstanceOf(error, Deno.errors.AddrInUse);
 * ```
 */
export const AddressInUseError: SocketErrorKind<Deno.errors.AddrInUse> =
  defineKind("AddressInUseError", Deno.errors.AddrInUse, ["EADDRINUSE"]);

/** What {@linkcode AddressNotAvailableError} makes. */
export type AddressNotAvailableError =
  & SocketError
  & Deno.errors.AddrNotAvailable;

/**
 * The address is not one of this host's, or no free port is left (`EADDRNOTAVAIL`).
 *
 * @example Catching it by its class
 * ```ts
 * import { AddressNotAvailableError, socketError } from "@berkeley/sockets/errors";
 * import { assertInstanceOf } from "@std/assert";
 *
 * const error = socketError("EADDRNOTAVAIL", { action: "go on" });
 * assertInstanceOf(error, AddressNotAvailableError);
 * assertInstanceOf(error, Deno.errors.AddrNotAvailable);
 * ```
 */
export const AddressNotAvailableError: SocketErrorKind<
  Deno.errors.AddrNotAvailable
> = defineKind("AddressNotAvailableError", Deno.errors.AddrNotAvailable, [
  "EADDRNOTAVAIL",
]);

/** What {@linkcode BrokenPipeError} makes. */
export type BrokenPipeError = SocketError & Deno.errors.BrokenPipe;

/**
 * Written after the peer had gone or this side was shut down; in C this is also where SIGPIPE is raised, and here no signal is (`EPIPE`).
 *
 * @example Catching it by its class
 * ```ts
 * import { BrokenPipeError, socketError } from "@berkeley/sockets/errors";
 * import { assertInstanceOf } from "@std/assert";
 *
 * const error = socketError("EPIPE", { action: "go on" });
 * assertInstanceOf(error, BrokenPipeError);
 * assertInstanceOf(error, Deno.errors.BrokenPipe);
 * ```
 */
export const BrokenPipeError: SocketErrorKind<Deno.errors.BrokenPipe> =
  defineKind("BrokenPipeError", Deno.errors.BrokenPipe, ["EPIPE"]);

/** What {@linkcode TimedOutError} makes. */
export type TimedOutError = SocketError & Deno.errors.TimedOut;

/**
 * The time given to the call, or the kernel's own patience, ran out (`ETIMEDOUT`).
 *
 * @example Catching it by its class
 * ```ts
 * import { TimedOutError, socketError } from "@berkeley/sockets/errors";
 * import { assertInstanceOf } from "@std/assert";
 *
 * const error = socketError("ETIMEDOUT", { action: "go on" });
 * assertInstanceOf(error, TimedOutError);
 * assertInstanceOf(error, Deno.errors.TimedOut);
 * ```
 */
export const TimedOutError: SocketErrorKind<Deno.errors.TimedOut> = defineKind(
  "TimedOutError",
  Deno.errors.TimedOut,
  ["ETIMEDOUT"],
);

/** What {@linkcode ClosedError} makes. */
export type ClosedError = SocketError & Deno.errors.BadResource;

/**
 * Used after it was closed, or closed while the call waited (`EBADF`).
 *
 * @example Catching it by its class
 * ```ts
 * import { ClosedError, socketError } from "@berkeley/sockets/errors";
 * import { assertInstanceOf } from "@std/assert";
 *
 * const error = socketError("EBADF", { action: "go on" });
 * assertInstanceOf(error, ClosedError);
 * assertInstanceOf(error, Deno.errors.BadResource);
 * ```
 */
export const ClosedError: SocketErrorKind<Deno.errors.BadResource> = defineKind(
  "ClosedError",
  Deno.errors.BadResource,
  ["EBADF"],
);

/** What {@linkcode PermissionDeniedError} makes. */
export type PermissionDeniedError = SocketError & Deno.errors.PermissionDenied;

/**
 * The operating system does not allow it, such as a port below 1024 or a broadcast that was not asked for (`EACCES` or `EPERM`).
 *
 * @example Catching it by its class
 * ```ts
 * import { PermissionDeniedError, socketError } from "@berkeley/sockets/errors";
 * import { assertInstanceOf } from "@std/assert";
 *
 * const error = socketError("EACCES", { action: "go on" });
 * assertInstanceOf(error, PermissionDeniedError);
 * assertInstanceOf(error, Deno.errors.PermissionDenied);
 * ```
 */
export const PermissionDeniedError: SocketErrorKind<
  Deno.errors.PermissionDenied
> = defineKind("PermissionDeniedError", Deno.errors.PermissionDenied, [
  "EACCES",
  "EPERM",
]);

/** What {@linkcode NotCapableError} makes. */
export type NotCapableError = SocketError & Deno.errors.NotCapable;

/**
 * The program was started without a permission that the call needs (`ENOTCAPABLE`).
 *
 * @example Catching it by its class
 * ```ts
 * import { NotCapableError, socketError } from "@berkeley/sockets/errors";
 * import { assertInstanceOf } from "@std/assert";
 *
 * const error = socketError("ENOTCAPABLE", { action: "go on" });
 * assertInstanceOf(error, NotCapableError);
 * assertInstanceOf(error, Deno.errors.NotCapable);
 * ```
 */
export const NotCapableError: SocketErrorKind<Deno.errors.NotCapable> =
  defineKind("NotCapableError", Deno.errors.NotCapable, ["ENOTCAPABLE"]);

/** What {@linkcode NetworkUnreachableError} makes. */
export type NetworkUnreachableError =
  & SocketError
  & Deno.errors.NetworkUnreachable;

/**
 * There is no route to the network (`ENETUNREACH`).
 *
 * @example Catching it by its class
 * ```ts
 * import { NetworkUnreachableError, socketError } from "@berkeley/sockets/errors";
 * import { assertInstanceOf } from "@std/assert";
 *
 * const error = socketError("ENETUNREACH", { action: "go on" });
 * assertInstanceOf(error, NetworkUnreachableError);
 * assertInstanceOf(error, Deno.errors.NetworkUnreachable);
 * ```
 */
export const NetworkUnreachableError: SocketErrorKind<
  Deno.errors.NetworkUnreachable
> = defineKind("NetworkUnreachableError", Deno.errors.NetworkUnreachable, [
  "ENETUNREACH",
]);

/** What {@linkcode HostUnreachableError} makes. */
export type HostUnreachableError = SocketError & Error;

/**
 * The network is there, but the host is not, or does not answer (`EHOSTUNREACH`).
 *
 * @example Catching it by its class
 * ```ts
 * import { HostUnreachableError, socketError } from "@berkeley/sockets/errors";
 * import { assertInstanceOf } from "@std/assert";
 *
 * const error = socketError("EHOSTUNREACH", { action: "go on" });
 * assertInstanceOf(error, HostUnreachableError);
 * assertInstanceOf(error, Error);
 * ```
 */
export const HostUnreachableError: SocketErrorKind<Error> = definePlainKind(
  "HostUnreachableError",
  ["EHOSTUNREACH"],
);

/** What {@linkcode MessageTooLongError} makes. */
export type MessageTooLongError = SocketError & Error;

/**
 * More bytes than one datagram or frame may have (`EMSGSIZE`).
 *
 * @example Catching it by its class
 * ```ts
 * import { MessageTooLongError, socketError } from "@berkeley/sockets/errors";
 * import { assertInstanceOf } from "@std/assert";
 *
 * const error = socketError("EMSGSIZE", { action: "go on" });
 * assertInstanceOf(error, MessageTooLongError);
 * assertInstanceOf(error, Error);
 * ```
 */
export const MessageTooLongError: SocketErrorKind<Error> = definePlainKind(
  "MessageTooLongError",
  ["EMSGSIZE"],
);

/** What {@linkcode NotSupportedError} makes. */
export type NotSupportedError = SocketError & Deno.errors.NotSupported;

/**
 * What was asked for cannot be done on this transport or platform (`ENOTSUP` or `EOPNOTSUPP`).
 *
 * @example Catching it by its class
 * ```ts
 * import { NotSupportedError, socketError } from "@berkeley/sockets/errors";
 * import { assertInstanceOf } from "@std/assert";
 *
 * const error = socketError("ENOTSUP", { action: "go on" });
 * assertInstanceOf(error, NotSupportedError);
 * assertInstanceOf(error, Deno.errors.NotSupported);
 * ```
 */
export const NotSupportedError: SocketErrorKind<Deno.errors.NotSupported> =
  defineKind("NotSupportedError", Deno.errors.NotSupported, [
    "ENOTSUP",
    "EOPNOTSUPP",
  ]);

/** What {@linkcode UnexpectedEofError} makes. */
export type UnexpectedEofError = SocketError & Deno.errors.UnexpectedEof;

/**
 * The stream ended where more was needed (`EOF`).
 *
 * @example Catching it by its class
 * ```ts
 * import { UnexpectedEofError, socketError } from "@berkeley/sockets/errors";
 * import { assertInstanceOf } from "@std/assert";
 *
 * const error = socketError("EOF", { action: "go on" });
 * assertInstanceOf(error, UnexpectedEofError);
 * assertInstanceOf(error, Deno.errors.UnexpectedEof);
 * ```
 */
export const UnexpectedEofError: SocketErrorKind<Deno.errors.UnexpectedEof> =
  defineKind("UnexpectedEofError", Deno.errors.UnexpectedEof, ["EOF"]);

/** What {@linkcode WouldBlockError} makes. */
export type WouldBlockError = SocketError & Deno.errors.WouldBlock;

/**
 * It cannot be done without waiting, and waiting was not allowed (`EAGAIN` or `EWOULDBLOCK`).
 *
 * @example Catching it by its class
 * ```ts
 * import { WouldBlockError, socketError } from "@berkeley/sockets/errors";
 * import { assertInstanceOf } from "@std/assert";
 *
 * const error = socketError("EAGAIN", { action: "go on" });
 * assertInstanceOf(error, WouldBlockError);
 * assertInstanceOf(error, Deno.errors.WouldBlock);
 * ```
 */
export const WouldBlockError: SocketErrorKind<Deno.errors.WouldBlock> =
  defineKind("WouldBlockError", Deno.errors.WouldBlock, [
    "EAGAIN",
    "EWOULDBLOCK",
  ]);

/** What {@linkcode BusyError} makes. */
export type BusyError = SocketError & Deno.errors.Busy;

/**
 * Somebody else is using it (`EBUSY`).
 *
 * @example Catching it by its class
 * ```ts
 * import { BusyError, socketError } from "@berkeley/sockets/errors";
 * import { assertInstanceOf } from "@std/assert";
 *
 * const error = socketError("EBUSY", { action: "go on" });
 * assertInstanceOf(error, BusyError);
 * assertInstanceOf(error, Deno.errors.Busy);
 * ```
 */
export const BusyError: SocketErrorKind<Deno.errors.Busy> = defineKind(
  "BusyError",
  Deno.errors.Busy,
  ["EBUSY"],
);

/** What {@linkcode InterruptedError} makes. */
export type InterruptedError = SocketError & Deno.errors.Interrupted;

/**
 * The call was interrupted before it did anything (`EINTR`).
 *
 * @example Catching it by its class
 * ```ts
 * import { InterruptedError, socketError } from "@berkeley/sockets/errors";
 * import { assertInstanceOf } from "@std/assert";
 *
 * const error = socketError("EINTR", { action: "go on" });
 * assertInstanceOf(error, InterruptedError);
 * assertInstanceOf(error, Deno.errors.Interrupted);
 * ```
 */
export const InterruptedError: SocketErrorKind<Deno.errors.Interrupted> =
  defineKind("InterruptedError", Deno.errors.Interrupted, ["EINTR"]);

/** Every kind there is. */
export const SOCKET_ERROR_KINDS: readonly SocketErrorKind[] = [
  ConnectionRefusedError,
  ConnectionResetError,
  ConnectionAbortedError,
  NotConnectedError,
  AddressInUseError,
  AddressNotAvailableError,
  BrokenPipeError,
  TimedOutError,
  ClosedError,
  PermissionDeniedError,
  NotCapableError,
  NetworkUnreachableError,
  HostUnreachableError,
  MessageTooLongError,
  NotSupportedError,
  UnexpectedEofError,
  WouldBlockError,
  BusyError,
  InterruptedError,
];
