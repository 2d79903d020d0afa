/**
 * What errors of TLS say. Deno and `node:tls` of Deno have them from rustls, as text
 * without a code; `tests/tls/errors_test.ts` provokes each.
 */

/** How an error of TLS reads as ours. */
export interface TlsFailure {
  /** Our code. */
  readonly code: string;
  /** The state for the message. */
  readonly reason: string;
}

/** Alerts by rustls' names: their numbers (RFC 8446 section 6) and what they say. */
const ALERTS: Readonly<
  Record<string, readonly [number: number, text: string, code?: string]>
> = {
  UnexpectedMessage: [10, "unexpected message"],
  BadRecordMac: [20, "bad record MAC"],
  RecordOverflow: [22, "record overflow"],
  HandshakeFailure: [40, "handshake failure"],
  BadCertificate: [42, "bad certificate"],
  UnsupportedCertificate: [43, "unsupported certificate"],
  CertificateRevoked: [44, "certificate revoked"],
  CertificateExpired: [45, "certificate expired"],
  CertificateUnknown: [46, "certificate unknown"],
  IllegalParameter: [47, "illegal parameter"],
  UnknownCA: [48, "unknown CA"],
  AccessDenied: [49, "access denied"],
  DecodeError: [50, "decode error"],
  DecryptError: [51, "decrypt error"],
  ProtocolVersion: [70, "protocol version", "ETLSVERSION"],
  InsufficientSecurity: [71, "insufficient security"],
  InternalError: [80, "internal error"],
  InappropriateFallback: [86, "inappropriate fallback"],
  UserCanceled: [90, "user canceled"],
  NoRenegotiation: [100, "no renegotiation"],
  MissingExtension: [109, "missing extension"],
  UnsupportedExtension: [110, "unsupported extension"],
  UnrecognisedName: [112, "unrecognized name"],
  BadCertificateStatusResponse: [113, "bad certificate status response"],
  UnknownPSKIdentity: [115, "unknown PSK identity"],
  CertificateRequired: [116, "certificate required", "ETLSCLIENTCERT"],
  NoApplicationProtocol: [120, "no application protocol", "ETLSALPN"],
};

function alertFailure(name: string): TlsFailure {
  const [number, text, code] = ALERTS[name] ?? [undefined, name];
  const shown = number === undefined ? `"${text}"` : `"${text}" (${number})`;
  return {
    code: code ?? "ETLSREFUSED",
    reason: `the peer refused with the alert ${shown}`,
  };
}

/** A text of rustls, the code that it stands for, and the state for the message. */
type Row = readonly [text: RegExp, code: string, reason: string];

/** What is wrong with the peer's certificate. */
const CERTIFICATE: readonly Row[] = [
  [/^certificate expired|^Expired/, "ECERTEXPIRED", "it has expired"],
  [/^certificate not valid yet|^NotValidYet/, "ECERTNOTYETVALID", ""],
  [/^UnknownIssuer/, "ECERTISSUER", "its issuer is not trusted"],
  [/^certificate not valid for name|^NotValidForName/, "ECERTNAME", ""],
  [/extended key usage|^InvalidPurpose/, "ECERTPURPOSE", ""],
  [/^(certificate )?revoked|^Revoked/i, "ECERTREVOKED", "it was revoked"],
];

/** What else ends a handshake or a connection. */
const OTHERS: readonly Row[] = [
  [
    /^peer closed connection without sending TLS close_notify/,
    "ETLSTRUNCATED",
    "the stream ended without close_notify, so a part may be missing",
  ],
  [
    /^peer doesn't support any known protocol/,
    "ETLSALPN",
    "the peer supports none of the application protocols",
  ],
  [
    /^peer sent no certificates/,
    "ETLSCLIENTCERT",
    "the peer sent no certificate",
  ],
  [
    /^peer is incompatible: .*(Tls1[23]|Version)/,
    "ETLSVERSION",
    "the peer supports no version of TLS that this side does",
  ],
  [
    /^received corrupt message of type InvalidContentType/,
    "EPROTO",
    "the peer does not speak TLS",
  ],
  [/^(peer|received|cannot (de|en)crypt)\b/, "EPROTO", ""],
];

function find(rows: readonly Row[], text: string): TlsFailure | undefined {
  const row = rows.find(([pattern]) => pattern.test(text));
  if (row === undefined) return undefined;
  const [, code, reason] = row;
  return { code, reason: reason || text };
}

/** Says what an error of rustls means, or undefined if it is none. */
export function tlsFailure(message: string): TlsFailure | undefined {
  const alert = /received fatal alert: (?:the )?(\w+)/.exec(message)?.[1];
  if (alert !== undefined) return alertFailure(alert);
  const flaw = /invalid peer certificate: (.+)/s.exec(message)?.[1];
  if (flaw === undefined) return find(OTHERS, message);
  const { code, reason } = find(CERTIFICATE, flaw) ??
    { code: "ECERTINVALID", reason: flaw };
  return { code, reason: `the peer's certificate was refused: ${reason}` };
}
