import {
  defineKind,
  definePlainKind,
  type SocketErrorKind,
} from "./socket_error_kind.ts";
import type { SocketError } from "./socket_error.ts";

/** An instance of {@linkcode ConnectionRefusedError}. */
export type ConnectionRefusedError =
  & SocketError
  & Deno.errors.ConnectionRefused;

/** No socket listens at the address, or a firewall answers in its place (`ECONNREFUSED`). */
export const ConnectionRefusedError: SocketErrorKind<
  Deno.errors.ConnectionRefused
> = defineKind("ConnectionRefusedError", Deno.errors.ConnectionRefused, [
  "ECONNREFUSED",
]);

/** An instance of {@linkcode ConnectionResetError}. */
export type ConnectionResetError = SocketError & Deno.errors.ConnectionReset;

/** The peer ended the connection with RST; what it had not read is lost (`ECONNRESET`). */
export const ConnectionResetError: SocketErrorKind<
  Deno.errors.ConnectionReset
> = defineKind("ConnectionResetError", Deno.errors.ConnectionReset, [
  "ECONNRESET",
]);

/** An instance of {@linkcode ConnectionAbortedError}. */
export type ConnectionAbortedError =
  & SocketError
  & Deno.errors.ConnectionAborted;

/** The connection ended before it was accepted, or this host aborted it (`ECONNABORTED`). */
export const ConnectionAbortedError: SocketErrorKind<
  Deno.errors.ConnectionAborted
> = defineKind("ConnectionAbortedError", Deno.errors.ConnectionAborted, [
  "ECONNABORTED",
]);

/** An instance of {@linkcode NotConnectedError}. */
export type NotConnectedError = SocketError & Deno.errors.NotConnected;

/** The socket is not connected (`ENOTCONN`). */
export const NotConnectedError: SocketErrorKind<Deno.errors.NotConnected> =
  defineKind("NotConnectedError", Deno.errors.NotConnected, ["ENOTCONN"]);

/** An instance of {@linkcode AddressInUseError}. */
export type AddressInUseError = SocketError & Deno.errors.AddrInUse;

/** Another socket has the address and port (`EADDRINUSE`). */
export const AddressInUseError: SocketErrorKind<Deno.errors.AddrInUse> =
  defineKind("AddressInUseError", Deno.errors.AddrInUse, ["EADDRINUSE"]);

/** An instance of {@linkcode AddressNotAvailableError}. */
export type AddressNotAvailableError =
  & SocketError
  & Deno.errors.AddrNotAvailable;

/** The address is not one of this host's, or no free port is left (`EADDRNOTAVAIL`). */
export const AddressNotAvailableError: SocketErrorKind<
  Deno.errors.AddrNotAvailable
> = defineKind("AddressNotAvailableError", Deno.errors.AddrNotAvailable, [
  "EADDRNOTAVAIL",
]);

/** An instance of {@linkcode BrokenPipeError}. */
export type BrokenPipeError = SocketError & Deno.errors.BrokenPipe;

/** Written after the peer closed or this side was shut down; unlike C, no SIGPIPE is raised (`EPIPE`). */
export const BrokenPipeError: SocketErrorKind<Deno.errors.BrokenPipe> =
  defineKind("BrokenPipeError", Deno.errors.BrokenPipe, ["EPIPE"]);

/** An instance of {@linkcode TimedOutError}. */
export type TimedOutError = SocketError & Deno.errors.TimedOut;

/** The timeout of the call, or the kernel's own, expired (`ETIMEDOUT`). */
export const TimedOutError: SocketErrorKind<Deno.errors.TimedOut> = defineKind(
  "TimedOutError",
  Deno.errors.TimedOut,
  ["ETIMEDOUT"],
);

/** An instance of {@linkcode ClosedError}. */
export type ClosedError = SocketError & Deno.errors.BadResource;

/** The object was closed before the call or while the call was pending (`EBADF`). */
export const ClosedError: SocketErrorKind<Deno.errors.BadResource> = defineKind(
  "ClosedError",
  Deno.errors.BadResource,
  ["EBADF"],
);

/** An instance of {@linkcode PermissionDeniedError}. */
export type PermissionDeniedError = SocketError & Deno.errors.PermissionDenied;

/** The operating system does not allow it, such as a port below 1024, or a broadcast without the option for it (`EACCES` or `EPERM`). */
export const PermissionDeniedError: SocketErrorKind<
  Deno.errors.PermissionDenied
> = defineKind("PermissionDeniedError", Deno.errors.PermissionDenied, [
  "EACCES",
  "EPERM",
]);

/** An instance of {@linkcode NotCapableError}. */
export type NotCapableError = SocketError & Deno.errors.NotCapable;

/** The program lacks a permission of Deno that the call needs (`ENOTCAPABLE`). */
export const NotCapableError: SocketErrorKind<Deno.errors.NotCapable> =
  defineKind("NotCapableError", Deno.errors.NotCapable, ["ENOTCAPABLE"]);

/** An instance of {@linkcode NetworkUnreachableError}. */
export type NetworkUnreachableError =
  & SocketError
  & Deno.errors.NetworkUnreachable;

/** There is no route to the network (`ENETUNREACH`). */
export const NetworkUnreachableError: SocketErrorKind<
  Deno.errors.NetworkUnreachable
> = defineKind("NetworkUnreachableError", Deno.errors.NetworkUnreachable, [
  "ENETUNREACH",
]);

/** An instance of {@linkcode HostUnreachableError}. */
export type HostUnreachableError = SocketError & Error;

/** There is no route to the host, or it does not answer (`EHOSTUNREACH`). */
export const HostUnreachableError: SocketErrorKind<Error> = definePlainKind(
  "HostUnreachableError",
  ["EHOSTUNREACH"],
);

/** An instance of {@linkcode MessageTooLongError}. */
export type MessageTooLongError = SocketError & Error;

/** More bytes than one datagram or frame may have (`EMSGSIZE`). */
export const MessageTooLongError: SocketErrorKind<Error> = definePlainKind(
  "MessageTooLongError",
  ["EMSGSIZE"],
);

/** An instance of {@linkcode NotSupportedError}. */
export type NotSupportedError = SocketError & Deno.errors.NotSupported;

/** The backend or the operating system does not support the operation (`ENOTSUP` or `EOPNOTSUPP`). */
export const NotSupportedError: SocketErrorKind<Deno.errors.NotSupported> =
  defineKind("NotSupportedError", Deno.errors.NotSupported, [
    "ENOTSUP",
    "EOPNOTSUPP",
  ]);

/** An instance of {@linkcode UnexpectedEofError}. */
export type UnexpectedEofError = SocketError & Deno.errors.UnexpectedEof;

/** The stream ended where more bytes were needed (`EOF`). */
export const UnexpectedEofError: SocketErrorKind<Deno.errors.UnexpectedEof> =
  defineKind("UnexpectedEofError", Deno.errors.UnexpectedEof, ["EOF"]);

/** An instance of {@linkcode WouldBlockError}. */
export type WouldBlockError = SocketError & Deno.errors.WouldBlock;

/** The call would have to wait, and waiting was not allowed (`EAGAIN` or `EWOULDBLOCK`). */
export const WouldBlockError: SocketErrorKind<Deno.errors.WouldBlock> =
  defineKind("WouldBlockError", Deno.errors.WouldBlock, [
    "EAGAIN",
    "EWOULDBLOCK",
  ]);

/** An instance of {@linkcode BusyError}. */
export type BusyError = SocketError & Deno.errors.Busy;

/** The object is in use: a call is pending (`EBUSY`). */
export const BusyError: SocketErrorKind<Deno.errors.Busy> = defineKind(
  "BusyError",
  Deno.errors.Busy,
  ["EBUSY"],
);

/** An instance of {@linkcode InterruptedError}. */
export type InterruptedError = SocketError & Deno.errors.Interrupted;

/** The call was interrupted before it did anything (`EINTR`). */
export const InterruptedError: SocketErrorKind<Deno.errors.Interrupted> =
  defineKind("InterruptedError", Deno.errors.Interrupted, ["EINTR"]);

/** An instance of {@linkcode ProtocolError}. */
export type ProtocolError = SocketError & Deno.errors.InvalidData;

/**
 * The peer does not follow the protocol (`EPROTO`), or TLS found nothing in common
 * with it: it refused the handshake (`ETLSREFUSED`), or has no common version
 * (`ETLSVERSION`) or application protocol (`ETLSALPN`), or one side requires a client
 * certificate that the other did not send (`ETLSCLIENTCERT`).
 */
export const ProtocolError: SocketErrorKind<Deno.errors.InvalidData> =
  defineKind("ProtocolError", Deno.errors.InvalidData, [
    "EPROTO",
    "ETLSREFUSED",
    "ETLSVERSION",
    "ETLSALPN",
    "ETLSCLIENTCERT",
  ]);

/** An instance of {@linkcode CertificateError}. */
export type CertificateError = SocketError & Deno.errors.InvalidData;

/**
 * The peer's certificate was refused: it has expired (`ECERTEXPIRED`) or is not valid
 * yet (`ECERTNOTYETVALID`), its issuer is not trusted (`ECERTISSUER`), it is for another
 * name (`ECERTNAME`) or purpose (`ECERTPURPOSE`), was revoked (`ECERTREVOKED`), or is
 * malformed (`ECERTINVALID`).
 */
export const CertificateError: SocketErrorKind<Deno.errors.InvalidData> =
  defineKind("CertificateError", Deno.errors.InvalidData, [
    "ECERTINVALID",
    "ECERTEXPIRED",
    "ECERTNOTYETVALID",
    "ECERTISSUER",
    "ECERTNAME",
    "ECERTPURPOSE",
    "ECERTREVOKED",
  ]);

/** An instance of {@linkcode TruncatedError}. */
export type TruncatedError = SocketError & Deno.errors.UnexpectedEof;

/**
 * A TLS stream ended without close_notify (`ETLSTRUNCATED`). The peer may have omitted
 * it, or an attacker may have cut the connection (RFC 8446 section 6.1).
 */
export const TruncatedError: SocketErrorKind<Deno.errors.UnexpectedEof> =
  defineKind("TruncatedError", Deno.errors.UnexpectedEof, ["ETLSTRUNCATED"]);

/** All kinds of socket errors. */
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
  ProtocolError,
  CertificateError,
  TruncatedError,
];
