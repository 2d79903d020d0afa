/** With no node, ask for the unspecified address, to be bound: AI_PASSIVE. */
export const AI_PASSIVE = 0x0001;
/** Ask for the canonical name, found in the first result: AI_CANONNAME. */
export const AI_CANONNAME = 0x0002;
/** Take the node for an address in text and look nothing up: AI_NUMERICHOST. */
export const AI_NUMERICHOST = 0x0004;
/** With `AF_INET6`, turn IPv4 addresses into v4-mapped ones where there is no IPv6 address: AI_V4MAPPED. */
export const AI_V4MAPPED = 0x0008;
/** With `AI_V4MAPPED`, give the v4-mapped addresses beside the IPv6 ones: AI_ALL. */
export const AI_ALL = 0x0010;
/**
 * Return only addresses of the families that this system has an address of,
 * other than loopback: AI_ADDRCONFIG. As in libc, this also goes for names in the
 * hosts file, for `localhost`, and for addresses in text. The system's addresses
 * are known only if `--allow-sys` is granted already; otherwise the flag does
 * nothing.
 */
export const AI_ADDRCONFIG = 0x0020;
/** Take the service for a port number in text and look nothing up: AI_NUMERICSERV. */
export const AI_NUMERICSERV = 0x0400;

/** Give the address in text instead of looking a name up: NI_NUMERICHOST. */
export const NI_NUMERICHOST = 0x01;
/** Give the port in text instead of looking a service up: NI_NUMERICSERV. */
export const NI_NUMERICSERV = 0x02;
/**
 * Leave this host's own domain off the names in it: NI_NOFQDN. The domain is
 * known only where `--allow-sys` is granted already.
 */
export const NI_NOFQDN = 0x04;
/** Fail where the address has no name, instead of giving the address: NI_NAMEREQD. */
export const NI_NAMEREQD = 0x08;
/** Look the service up as one over UDP: NI_DGRAM. */
export const NI_DGRAM = 0x10;
