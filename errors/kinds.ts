import {
  defineKind,
  definePlainKind,
  type SocketErrorKind,
} from "./socket_error_kind.ts";
import type { SocketError } from "./socket_error.ts";

/** An instance of {@linkcode ConnectionRefusedError}. */
export type ConnectionRefusedError = SocketError;

/** No socket listens at the address, or a firewall answers in its place (`ECONNREFUSED`). */
export const ConnectionRefusedError: SocketErrorKind = defineKind(
  "ConnectionRefusedError",
  "ConnectionRefused",
  ["ECONNREFUSED"],
);

/** An instance of {@linkcode ConnectionResetError}. */
export type ConnectionResetError = SocketError;

/** The peer ended the connection with RST; what it had not read is lost (`ECONNRESET`). */
export const ConnectionResetError: SocketErrorKind = defineKind(
  "ConnectionResetError",
  "ConnectionReset",
  ["ECONNRESET"],
);

/** An instance of {@linkcode ConnectionAbortedError}. */
export type ConnectionAbortedError = SocketError;

/** The connection ended before it was accepted, or this host aborted it (`ECONNABORTED`). */
export const ConnectionAbortedError: SocketErrorKind = defineKind(
  "ConnectionAbortedError",
  "ConnectionAborted",
  ["ECONNABORTED"],
);

/** An instance of {@linkcode NotConnectedError}. */
export type NotConnectedError = SocketError;

/** The socket is not connected (`ENOTCONN`). */
export const NotConnectedError: SocketErrorKind = defineKind(
  "NotConnectedError",
  "NotConnected",
  ["ENOTCONN"],
);

/** An instance of {@linkcode AddressInUseError}. */
export type AddressInUseError = SocketError;

/** Another socket has the address and port (`EADDRINUSE`). */
export const AddressInUseError: SocketErrorKind = defineKind(
  "AddressInUseError",
  "AddrInUse",
  ["EADDRINUSE"],
);

/** An instance of {@linkcode AddressNotAvailableError}. */
export type AddressNotAvailableError = SocketError;

/** The address is not one of this host's, or no free port is left (`EADDRNOTAVAIL`). */
export const AddressNotAvailableError: SocketErrorKind = defineKind(
  "AddressNotAvailableError",
  "AddrNotAvailable",
  ["EADDRNOTAVAIL"],
);

/** An instance of {@linkcode BrokenPipeError}. */
export type BrokenPipeError = SocketError;

/** Written after the peer closed or this side was shut down; unlike C, no SIGPIPE is raised (`EPIPE`). */
export const BrokenPipeError: SocketErrorKind = defineKind(
  "BrokenPipeError",
  "BrokenPipe",
  ["EPIPE"],
);

/** An instance of {@linkcode TimedOutError}. */
export type TimedOutError = SocketError;

/** The timeout of the call, or the kernel's own, expired (`ETIMEDOUT`). */
export const TimedOutError: SocketErrorKind = defineKind(
  "TimedOutError",
  "TimedOut",
  ["ETIMEDOUT"],
);

/** An instance of {@linkcode ClosedError}. */
export type ClosedError = SocketError;

/** The object was closed before the call or while the call was pending (`EBADF`). */
export const ClosedError: SocketErrorKind = defineKind(
  "ClosedError",
  "BadResource",
  ["EBADF"],
);

/** An instance of {@linkcode PermissionDeniedError}. */
export type PermissionDeniedError = SocketError;

/** The operating system does not allow it, such as a port below 1024, or a broadcast without the option for it (`EACCES` or `EPERM`). */
export const PermissionDeniedError: SocketErrorKind = defineKind(
  "PermissionDeniedError",
  "PermissionDenied",
  [
    "EACCES",
    "EPERM",
  ],
);

/** An instance of {@linkcode NotCapableError}. */
export type NotCapableError = SocketError;

/** The program lacks a permission of Deno that the call needs (`ENOTCAPABLE`). */
export const NotCapableError: SocketErrorKind = defineKind(
  "NotCapableError",
  "NotCapable",
  ["ENOTCAPABLE"],
);

/** An instance of {@linkcode NetworkUnreachableError}. */
export type NetworkUnreachableError = SocketError;

/** There is no route to the network (`ENETUNREACH`). */
export const NetworkUnreachableError: SocketErrorKind = defineKind(
  "NetworkUnreachableError",
  "NetworkUnreachable",
  ["ENETUNREACH"],
);

/** An instance of {@linkcode HostUnreachableError}. */
export type HostUnreachableError = SocketError;

/** There is no route to the host, or it does not answer (`EHOSTUNREACH`). */
export const HostUnreachableError: SocketErrorKind = definePlainKind(
  "HostUnreachableError",
  ["EHOSTUNREACH"],
);

/** An instance of {@linkcode MessageTooLongError}. */
export type MessageTooLongError = SocketError;

/** More bytes than one datagram or frame may have (`EMSGSIZE`). */
export const MessageTooLongError: SocketErrorKind = definePlainKind(
  "MessageTooLongError",
  ["EMSGSIZE"],
);

/** An instance of {@linkcode NotSupportedError}. */
export type NotSupportedError = SocketError;

/** The backend or the operating system does not support the operation (`ENOTSUP` or `EOPNOTSUPP`). */
export const NotSupportedError: SocketErrorKind = defineKind(
  "NotSupportedError",
  "NotSupported",
  [
    "ENOTSUP",
    "EOPNOTSUPP",
  ],
);

/** An instance of {@linkcode UnexpectedEofError}. */
export type UnexpectedEofError = SocketError;

/** The stream ended where more bytes were needed (`EOF`). */
export const UnexpectedEofError: SocketErrorKind = defineKind(
  "UnexpectedEofError",
  "UnexpectedEof",
  ["EOF"],
);

/** An instance of {@linkcode WouldBlockError}. */
export type WouldBlockError = SocketError;

/** The call would have to wait, and waiting was not allowed (`EAGAIN` or `EWOULDBLOCK`). */
export const WouldBlockError: SocketErrorKind = defineKind(
  "WouldBlockError",
  "WouldBlock",
  [
    "EAGAIN",
    "EWOULDBLOCK",
  ],
);

/** An instance of {@linkcode BusyError}. */
export type BusyError = SocketError;

/** The object is in use: a call is pending (`EBUSY`). */
export const BusyError: SocketErrorKind = defineKind(
  "BusyError",
  "Busy",
  ["EBUSY"],
);

/** An instance of {@linkcode InterruptedError}. */
export type InterruptedError = SocketError;

/** The call was interrupted before it did anything (`EINTR`). */
export const InterruptedError: SocketErrorKind = defineKind(
  "InterruptedError",
  "Interrupted",
  ["EINTR"],
);

/** An instance of {@linkcode ProtocolError}. */
export type ProtocolError = SocketError;

/**
 * The peer does not follow the protocol (`EPROTO`), or TLS found nothing in common
 * with it: it refused the handshake (`ETLSREFUSED`), or has no common version
 * (`ETLSVERSION`) or application protocol (`ETLSALPN`), or one side requires a client
 * certificate that the other did not send (`ETLSCLIENTCERT`).
 */
export const ProtocolError: SocketErrorKind = defineKind(
  "ProtocolError",
  "InvalidData",
  [
    "EPROTO",
    "ETLSREFUSED",
    "ETLSVERSION",
    "ETLSALPN",
    "ETLSCLIENTCERT",
  ],
);

/** An instance of {@linkcode CertificateError}. */
export type CertificateError = SocketError;

/**
 * The peer's certificate was refused: it has expired (`ECERTEXPIRED`) or is not valid
 * yet (`ECERTNOTYETVALID`), its issuer is not trusted (`ECERTISSUER`), it is for another
 * name (`ECERTNAME`) or purpose (`ECERTPURPOSE`), was revoked (`ECERTREVOKED`), or is
 * malformed (`ECERTINVALID`).
 */
export const CertificateError: SocketErrorKind = defineKind(
  "CertificateError",
  "InvalidData",
  [
    "ECERTINVALID",
    "ECERTEXPIRED",
    "ECERTNOTYETVALID",
    "ECERTISSUER",
    "ECERTNAME",
    "ECERTPURPOSE",
    "ECERTREVOKED",
  ],
);

/** An instance of {@linkcode TruncatedError}. */
export type TruncatedError = SocketError;

/**
 * A TLS stream ended without close_notify (`ETLSTRUNCATED`). The peer may have omitted
 * it, or an attacker may have cut the connection (RFC 8446 section 6.1).
 */
export const TruncatedError: SocketErrorKind = defineKind(
  "TruncatedError",
  "UnexpectedEof",
  ["ETLSTRUNCATED"],
);

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
