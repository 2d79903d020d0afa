/**
 * Scenarios that run over real sockets and over simulated ones: each writes down what
 * happens, and both must have written the same.
 *
 * @module
 */
import type * as module from "../../../mod.ts";
import { SocketError } from "../../../errors/mod.ts";
import { formatHostPort, type NetAddr } from "../../../address/mod.ts";
import type { Family } from "../../_each_family.ts";

/** The functions that scenarios use, of the module or of a simulated host. */
export type ScenarioSockets = Pick<
  typeof module,
  | "connectTcp"
  | "listenTcp"
  | "serveTcp"
  | "bindUdp"
  | "connectUdp"
  | "getAddrInfo"
  | "getNameInfo"
>;

/** What carries a scenario; TCP over "deno" goes with UDP over "node". */
export type Carrier = "posix" | "deno" | "node";

/** One scenario. */
export interface Scenario {
  /** What it shows. */
  readonly name: string;
  /** Runs it; leaves nothing open. */
  run(context: Context): Promise<void>;
  /** On which family; on both if omitted. */
  readonly family?: 4 | 6;
  /** Over which carriers the log differs from the simulated one, and why. */
  readonly differs?: Readonly<Partial<Record<Carrier, string>>>;
  /** Over which carriers it cannot run, and why. */
  readonly lacks?: Readonly<Partial<Record<Carrier, string>>>;
}

/** What a scenario has. */
export interface Context extends ScenarioSockets {
  readonly family: Family;
  readonly log: Log;
}

/** Lets what is on its way arrive: some milliseconds, which pass at once if simulated. */
export function settle(delay = 3): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delay));
}

/** The text of an address. */
export function at(addr: NetAddr | undefined): string {
  return addr === undefined
    ? "nowhere"
    : formatHostPort(addr.hostname, addr.port);
}

function showError(error: unknown): string {
  if (!(error instanceof SocketError)) {
    return error instanceof Error
      ? `${error.name}: ${error.message}`
      : String(error);
  }
  const { name, message, syscall, localAddr, remoteAddr } = error;
  const from = localAddr === undefined
    ? ""
    : ` from ${at(localAddr as NetAddr)}`;
  const to = remoteAddr === undefined ? "" : ` to ${at(remoteAddr as NetAddr)}`;
  return `${name} of ${syscall}${from}${to}: ${message}`;
}

function showValue(value: unknown): string {
  return value instanceof Uint8Array
    ? `"${new TextDecoder().decode(value)}"`
    : JSON.stringify(value) ?? String(value);
}

/** What a scenario writes down. Ports have names in the order in which they appear. */
export class Log {
  readonly #lines: string[] = [];
  readonly #ports = new Map<string, string>();

  /** The lines, without what differs from run to run. */
  get lines(): string[] {
    return this.#lines;
  }

  /** Replaces ports by names: those of the scenario are all ephemeral. */
  #normal(text: string): string {
    return text.replaceAll(/(?<=:|service ")\d{4,5}\b/g, (port) => {
      const name = this.#ports.get(port) ?? `P${this.#ports.size + 1}`;
      this.#ports.set(port, name);
      return name;
    });
  }

  /** Writes down a value. */
  note(label: string, value: unknown): void {
    this.#lines.push(this.#normal(`${label}: ${showValue(value)}`));
  }

  /** Writes down how a call ends, and returns its result if it succeeds. */
  async call<T>(
    label: string,
    call: Promise<T> | (() => Promise<T> | T),
    show: (result: T) => unknown = () => "done",
  ): Promise<T | undefined> {
    try {
      const result = await (typeof call === "function" ? call() : call);
      this.note(label, show(result));
      return result;
    } catch (error) {
      this.#lines.push(this.#normal(`${label}: ${showError(error)}`));
      return undefined;
    }
  }
}
