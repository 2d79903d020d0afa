/** Options of `makeCertificate`. */
export interface CertificateOptions {
  /**
   * The DNS names that the certificate is for, such as `"db.test"` or `"*.test"`.
   * If omitted together with `ipAddresses`, the certificate is for `localhost`,
   * `127.0.0.1` and `::1`; that of an authority is for none.
   */
  names?: readonly string[];
  /** The IP addresses that the certificate is for. None if omitted; see `names`. */
  ipAddresses?: readonly string[];
  /**
   * The subject's common name, of at most 64 characters. Defaults to the first
   * name or address; that of an authority to a name of its own.
   */
  commonName?: string;
  /** The start of the validity, to the second. Defaults to a day before now or `validTo`. */
  validFrom?: Date;
  /** The end of the validity, to the second. Defaults to a day after now or `validFrom`. */
  validTo?: Date;
  /**
   * What signs the certificate: another result of `makeCertificate`. It is
   * not checked to be an authority, so that tests can make invalid chains. If
   * omitted, the certificate is self-signed.
   */
  issuer?: { readonly cert: string; readonly key: string };
  /**
   * Whether it may sign other certificates, and is none of a server or client.
   *
   * @default {false}
   */
  isAuthority?: boolean;
  /** The role that the certificate is limited to. If omitted, it is for both. */
  usage?: "server" | "client";
}
