import type { Calls } from "./_backends.ts";
import type { UnixNetwork } from "./_network.ts";
import type { ListenTarget, UnixListenerTransport } from "./_transport.ts";

/** How to open unix sockets of one simulated host. */
export interface UnixCalls extends Calls {
  /** Listens, in place of a socket whose program has ended. */
  replace(target: ListenTarget): Promise<UnixListenerTransport>;
}

/**
 * Makes the unix sockets of a simulated host, whose paths are its own: they need no
 * permission, and follow the rules of Linux.
 */
export function simulatedUnix(calls: UnixCalls): UnixNetwork {
  const loaded = Promise.resolve<Calls>({
    connect: (path, signal) => calls.connect(path, signal),
    listen: (target) => calls.listen(target),
  });
  const backend = { backlog: true, load: () => loaded };
  return {
    system: "linux",
    requirePath() {},
    choose: () => backend,
    replace: (target) => calls.replace(target),
  };
}
