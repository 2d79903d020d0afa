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

/** The text of an alert as it ends a name of BoringSSL: `HANDSHAKE_FAILURE`. */
function upperCase(text: string): string {
  return text.toUpperCase().replaceAll(" ", "_");
}

/**
 * Rustls' name of the alert in an error of OpenSSL or BoringSSL. The `node:tls` of Deno
 * has one code for all failures, which says nothing.
 */
function alertOfOpenSsl(message: string): string | undefined {
  const number = /\bSSL alert number (\d+)/.exec(message)?.[1];
  const end = /\b(?:SSLV3|TLSV1)_ALERT_(\w+)/.exec(message)?.[1];
  return Object.keys(ALERTS).find((name) => {
    const [known, text] = ALERTS[name]!;
    return number !== undefined
      ? String(known) === number
      : upperCase(text) === end;
  });
}

/** A text of rustls, the code that it stands for, and the state for the message. */
type Row = readonly [text: RegExp, code: string, reason: string];

/** What is wrong with the peer's certificate. */
const CERTIFICATE: readonly Row[] = [
  [/^certificate expired|^Expired/, "ECERTEXPIRED", "it has expired"],
  [/^certificate not valid yet|^NotValidYet/, "ECERTNOTYETVALID", ""],
  // BadSignature: a trusted authority has the issuer's name, but another key.
  [/^UnknownIssuer|^BadSignature/, "ECERTISSUER", "its issuer is not trusted"],
  [/^certificate not valid for name|^NotValidForName/, "ECERTNAME", ""],
  [/EndEntityUsedAsCa/, "ECERTISSUER", "its issuer is no authority"],
  [/extended key usage|^InvalidPurpose/, "ECERTPURPOSE", ""],
  [/CaUsedAsEndEntity/, "ECERTPURPOSE", "it is the one of an authority"],
  [/^(certificate )?revoked|^Revoked/i, "ECERTREVOKED", "it was revoked"],
];

/** Codes of OpenSSL, which `node:tls` has for what its verification finds. */
const NODE_CODES: Readonly<
  Record<string, readonly [code: string, reason: string]>
> = {
  CERT_HAS_EXPIRED: ["ECERTEXPIRED", "it has expired"],
  CERT_NOT_YET_VALID: ["ECERTNOTYETVALID", "it is not valid yet"],
  CERT_REVOKED: ["ECERTREVOKED", "it was revoked"],
  CERT_UNTRUSTED: ["ECERTISSUER", "its issuer is not trusted"],
  DEPTH_ZERO_SELF_SIGNED_CERT: ["ECERTISSUER", "it is self-signed"],
  ERR_TLS_CERT_ALTNAME_INVALID: ["ECERTNAME", "it is for another name"],
  HOSTNAME_MISMATCH: ["ECERTNAME", "it is for another name"],
  INVALID_PURPOSE: ["ECERTPURPOSE", "it is for another purpose"],
  SELF_SIGNED_CERT_IN_CHAIN: ["ECERTISSUER", "its issuer is not trusted"],
  UNABLE_TO_GET_ISSUER_CERT: ["ECERTISSUER", "its issuer is not trusted"],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: [
    "ECERTISSUER",
    "its issuer is not trusted",
  ],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ["ECERTISSUER", "its issuer is not trusted"],
};

/** Codes of OpenSSL for failures of the handshake. */
const NODE_FAILURES: Readonly<Record<string, TlsFailure>> = {
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: {
    code: "ETLSCLIENTCERT",
    reason: "the peer sent no certificate",
  },
  ERR_SSL_NO_APPLICATION_PROTOCOL: {
    code: "ETLSALPN",
    reason: "the peer supports none of the application protocols",
  },
  ERR_SSL_UNSUPPORTED_PROTOCOL: {
    code: "ETLSVERSION",
    reason: "the peer supports no version of TLS that this side does",
  },
  ERR_SSL_WRONG_VERSION_NUMBER: {
    code: "EPROTO",
    reason: "the peer does not speak TLS",
  },
};

function refused(reason: string): string {
  return `the peer's certificate was refused: ${reason}`;
}

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
    /^peer is incompatible: .*(Tls1[23]|Version|ExtensionRequired)/,
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

/** What makes an error one of TLS. */
export interface ForeignTlsError {
  readonly message: string;
  readonly code?: unknown;
}

/** Says what an error of rustls or `node:tls` means, or undefined if it is none. */
export function tlsFailure(error: ForeignTlsError): TlsFailure | undefined {
  const { message, code } = error;
  const alert = /received fatal alert: (?:the )?(\w+)/.exec(message)?.[1] ??
    alertOfOpenSsl(message);
  if (alert !== undefined) return alertFailure(alert);
  const flaw = /invalid peer certificate: (.+)/s.exec(message)?.[1];
  if (flaw !== undefined) {
    const found = find(CERTIFICATE, flaw);
    return {
      code: found?.code ?? "ECERTINVALID",
      reason: refused(found?.reason ?? flaw),
    };
  }
  if (typeof code === "string" && Object.hasOwn(NODE_CODES, code)) {
    const [ours, reason] = NODE_CODES[code]!;
    return { code: ours, reason: refused(reason) };
  }
  return typeof code === "string" && Object.hasOwn(NODE_FAILURES, code)
    ? NODE_FAILURES[code]
    : find(OTHERS, message);
}

/** Whether an error may be one of TLS, by its class or its code. */
export function isOfTls(
  { name, message, code }: ForeignTlsError & { readonly name: string },
): boolean {
  return name === "InvalidData" ||
    name === "UnexpectedEof" && message.includes("close_notify") ||
    typeof code === "string" &&
      (code.startsWith("ERR_SSL_") || Object.hasOwn(NODE_CODES, code));
}
