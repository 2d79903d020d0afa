let check: ((name: string) => void) | undefined;

/**
 * Sets what throws where a program must do no real I/O, inside of a simulation. It is
 * for the calls that no global of the runtime stands for.
 */
export function setRealIoCheck(throws: (name: string) => void): void {
  check = throws;
}

/** Throws if the caller is inside of a simulation. */
export function checkRealIo(name: string): void {
  check?.(name);
}
