import {
  bitString,
  element,
  objectIdentifier,
  octetString,
  sequence,
  TRUE,
} from "./_der.ts";
import type { Subject } from "./_subject.ts";

/** RFC 5280, section 4.2.1. */
const SUBJECT_KEY_IDENTIFIER = "2.5.29.14";
const KEY_USAGE = "2.5.29.15";
const SUBJECT_ALT_NAME = "2.5.29.17";
const BASIC_CONSTRAINTS = "2.5.29.19";
const AUTHORITY_KEY_IDENTIFIER = "2.5.29.35";
const EXTENDED_KEY_USAGE = "2.5.29.37";
const PURPOSES = {
  server: "1.3.6.1.5.5.7.3.1",
  client: "1.3.6.1.5.5.7.3.2",
} as const;

/** The context-specific tags of GeneralName and AuthorityKeyIdentifier. */
const DNS_NAME = 0x82;
const IP_ADDRESS = 0x87;
const KEY_IDENTIFIER = 0x80;

/** The bits of KeyUsage. */
const DIGITAL_SIGNATURE = bitString([0b1000_0000], 7);
const CERT_AND_CRL_SIGN = bitString([0b0000_0110], 1);

type Bytes = Uint8Array<ArrayBuffer>;

function extension(id: string, value: Bytes, isCritical = false): Bytes {
  const flag = isCritical ? [TRUE] : [];
  return sequence(objectIdentifier(id), ...flag, octetString(value));
}

/** Writes the extensions of a certificate. */
export function extensionsOf(
  subject: Subject,
  subjectKeyId: Bytes,
  issuerKeyId: Bytes,
): Bytes {
  const { isAuthority, names, addresses, usages } = subject;
  const alternatives = [
    ...names.map((name) => element(DNS_NAME, new TextEncoder().encode(name))),
    ...addresses.map((bytes) => element(IP_ADDRESS, bytes)),
  ];
  const purposes = usages.map((usage) => objectIdentifier(PURPOSES[usage]));
  return sequence(
    extension(
      BASIC_CONSTRAINTS,
      isAuthority ? sequence(TRUE) : sequence(),
      true,
    ),
    extension(
      KEY_USAGE,
      isAuthority ? CERT_AND_CRL_SIGN : DIGITAL_SIGNATURE,
      true,
    ),
    ...(isAuthority
      ? []
      : [extension(EXTENDED_KEY_USAGE, sequence(...purposes))]),
    extension(SUBJECT_KEY_IDENTIFIER, octetString(subjectKeyId)),
    extension(
      AUTHORITY_KEY_IDENTIFIER,
      sequence(element(KEY_IDENTIFIER, issuerKeyId)),
    ),
    ...(alternatives.length === 0
      ? []
      : [extension(SUBJECT_ALT_NAME, sequence(...alternatives))]),
  );
}
