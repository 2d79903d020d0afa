/**
 * The constants of `sys/socket.h` and `poll.h` that name flags and directions.
 *
 * They have Linux's numbers on every system, so that a program reads the same
 * everywhere; this module translates them where the system has others.
 */

/** Sends or receives out-of-band data: TCP's urgent byte. */
export const MSG_OOB = 0x1;
/** Leaves what is received in the queue. */
export const MSG_PEEK = 0x2;
/** Sends to hosts on directly connected networks alone. */
export const MSG_DONTROUTE = 0x4;
/** Of a result: control messages were lost for want of room. */
export const MSG_CTRUNC = 0x8;
/** Of a result: the datagram was longer than the buffer; of a call: its real length. */
export const MSG_TRUNC = 0x20;
/** Does not wait: what would, fails with EAGAIN. */
export const MSG_DONTWAIT = 0x40;
/** Ends a record, for sockets that have records. */
export const MSG_EOR = 0x80;
/** Waits until the buffer is full, the stream ends, or the wait does. */
export const MSG_WAITALL = 0x100;
/** Receives what IP_RECVERR keeps: the datagram, for whom it was, and the error. Linux. */
export const MSG_ERRQUEUE = 0x2000;
/** No SIGPIPE where the peer has gone; always added, as the error says it. */
export const MSG_NOSIGNAL = 0x4000;
/** More is to come: small segments wait for it. */
export const MSG_MORE = 0x8000;

/** No more receiving. */
export const SHUT_RD = 0;
/** No more sending: FIN follows what was sent. */
export const SHUT_WR = 1;
/** Neither. */
export const SHUT_RDWR = 2;

/** There is something to receive, or to accept, or the end of the stream. */
export const POLLIN = 0x1;
/** There is urgent data. */
export const POLLPRI = 0x2;
/** There is room to send. */
export const POLLOUT = 0x4;
/** Of a result: there is an error to fetch (SO_ERROR). */
export const POLLERR = 0x8;
/** Of a result: the connection is over, both ways. */
export const POLLHUP = 0x10;
/** Of a result: the socket is closed. */
export const POLLNVAL = 0x20;
