import { AF_UNIX, SOCK_DGRAM, SOCK_STREAM } from "../address/mod.ts";
import { POLLIN, POLLOUT } from "./constants.ts";
import { Descriptor } from "./_descriptor.ts";
import type { CallName } from "./_failure.ts";
import { Permit } from "./_permit.ts";
import { Side } from "./_side.ts";
import { nameOf } from "./_sockaddr.ts";
import type { SocketName } from "./socket_name.ts";

/** What the calls of a socket share. */
export class SocketCore {
  readonly family: number;
  readonly type: number;
  readonly descriptor: Descriptor;
  readonly receiving: Side;
  readonly sending: Side;
  readonly permit: Permit = new Permit();
  readonly isStream: boolean;
  readonly isLocalDatagram: boolean;
  /** The error that followed some bytes: for the next receive. */
  fault: unknown;

  constructor(fd: number, family: number, type: number) {
    this.family = family;
    this.type = type;
    this.isStream = type === SOCK_STREAM;
    this.isLocalDatagram = family === AF_UNIX && type === SOCK_DGRAM;
    this.descriptor = new Descriptor(fd);
    this.receiving = new Side(this.descriptor, POLLIN);
    this.sending = new Side(this.descriptor, POLLOUT);
  }

  /** The descriptor, or throws if it is closed. */
  fd(action: string, syscall: string): number {
    return this.descriptor.open({ action, syscall });
  }

  /** The name of the socket now. */
  readonly here = (): SocketName => nameOf(this.descriptor.fd, "getsockname");

  /** Throws unless the program may connect or send to a name. */
  requireReach(name: SocketName, call: CallName): void {
    this.permit.check(name, call, this.here);
  }

  /** Throws the error that a receive has left for the next one. */
  throwFault(): void {
    if (this.fault === undefined) return;
    const { fault } = this;
    this.fault = undefined;
    throw fault;
  }

  /** Closes the socket: pending calls reject. */
  close(): void {
    this.descriptor.close(this.isStream && this.family !== AF_UNIX);
    this.receiving.onClose();
    this.sending.onClose();
  }
}
