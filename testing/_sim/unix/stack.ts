import {
  DEFAULT_BACKLOG,
  isAbstract,
  type ListenTarget,
  unixAddr,
  type UnixCalls,
  type UnixListenerTransport,
  type UnixTransport,
} from "../../../unix/_seam.ts";
import { failure, type Machine } from "../types.ts";
import { SimulatedUnixListener } from "./listener.ts";
import { SimulatedUnixTransport, type UnixOwner } from "./transport.ts";

/** How long a call of the kernel takes, in milliseconds. */
const CALL_TIME = 0.001;

/**
 * The unix sockets of one boot of a host. Their paths are the host's own. The files stay
 * when the host crashes or its programs are killed, as they do on a disk.
 */
export class UnixStack implements UnixCalls, UnixOwner {
  readonly #machine: Pick<Machine, "scheduler" | "open">;
  /** The paths that have a socket's file, of this boot and of earlier ones. */
  readonly #files: Set<string>;
  readonly #listeners = new Map<string, SimulatedUnixListener>();
  /** What closes each open socket. */
  readonly #closings = new Set<() => void>();

  constructor(
    machine: Pick<Machine, "scheduler" | "open">,
    files: Set<string>,
  ) {
    this.#machine = machine;
    this.#files = files;
  }

  pause(): Promise<void> {
    return new Promise((resolve) => {
      this.#machine.scheduler.after(CALL_TIME, () => resolve());
    });
  }

  open(close: () => void): () => void {
    const giveBack = this.#machine.open();
    this.#closings.add(close);
    return () => {
      if (this.#closings.delete(close)) giveBack();
    };
  }

  async connect(path: string, signal: AbortSignal): Promise<UnixTransport> {
    await this.pause();
    signal.throwIfAborted();
    const listener = this.#listeners.get(path);
    if (listener === undefined) {
      const isThere = isAbstract(path) || this.#files.has(path);
      throw failure(isThere ? "ECONNREFUSED" : "ENOENT", "connect");
    }
    if (!listener.hasRoom) throw failure("EAGAIN", "connect");
    const [client, server] = SimulatedUnixTransport.pair(this, listener.addr);
    listener.add(server);
    return client;
  }

  async listen(target: ListenTarget): Promise<UnixListenerTransport> {
    const { path, backlog = DEFAULT_BACKLOG } = target;
    await this.pause();
    if (this.#files.has(path) || this.#listeners.has(path)) {
      throw failure("EADDRINUSE", "bind");
    }
    const giveBack = this.open(() => {
      this.#listeners.delete(path); // its file stays
      void listener.close();
    });
    const listener = new SimulatedUnixListener(unixAddr(path), backlog, () => {
      if (this.#listeners.delete(path)) this.#files.delete(path);
      giveBack();
    });
    this.#listeners.set(path, listener);
    if (!isAbstract(path)) this.#files.add(path);
    return listener;
  }

  async replace(target: ListenTarget): Promise<UnixListenerTransport> {
    if (!this.#listeners.has(target.path)) this.#files.delete(target.path);
    return await this.listen(target);
  }

  /** The programs of the host are killed: their sockets are closed, and the files stay. */
  shutdown(): void {
    for (const close of [...this.#closings]) close();
  }
}
