import type { IpAddress } from "../../../address/mod.ts";
import { showValue } from "../../../internal/check/mod.ts";
import type { ResolverOptions } from "../../../resolve/mod.ts";
import type { Sockets } from "../../../sockets.ts";
import type { Host, HostProgram } from "../../host.ts";
import type { Zone } from "../dns/zone.ts";
import { type HostNetwork, hostSockets } from "../host/host_sockets.ts";
import { checkVirtual, currentScope, type Scope } from "../time/scope.ts";
import type { World } from "../time/world.ts";
import type { WireMachine } from "../wire/machine.ts";
import type { Wire } from "../wire/wire.ts";
import { type Boot, bootHost } from "./boot.ts";

/** What a host needs of its network. */
export interface HostContext {
  readonly world: World;
  readonly wire: Wire;
  readonly zone: Zone;
  readonly unheard: ReadonlySet<string>;
}

/** The options of a host, read once. */
export interface ReadHostOptions {
  readonly addresses: readonly string[] | undefined;
  readonly maxSockets: number | undefined;
  readonly resolver: ResolverOptions;
}

/** A host but for the functions of the module. */
export type HostParts = Omit<Host, keyof Sockets>;

/** The part of a host that starts and stops it. */
export class SimulatedHost implements HostParts {
  readonly name: string;
  readonly machine: WireMachine;
  /** The host that users hold. */
  readonly host: Host;
  readonly #context: HostContext;
  readonly #resolver: ResolverOptions;
  readonly #programs: HostProgram[] = [];
  /** The scopes of what must not use the host any more. */
  readonly #ended = new WeakSet<Scope>();
  #scope: Scope;
  #boot: Boot;
  /** The paths of its unix sockets, which a crash does not remove. */
  readonly #files = new Set<string>();
  /** How many programs run. */
  #running = 0;

  /** Makes a host, which is up. */
  constructor(context: HostContext, name: string, options: ReadHostOptions) {
    this.name = name;
    this.#context = context;
    this.#resolver = options.resolver;
    this.#scope = this.#newScope();
    this.machine = context.wire.machine(name, {
      addresses: options.addresses,
      maxSockets: options.maxSockets,
      newScope: () => {
        const scope = this.#scope;
        return (work) => scope.run(work);
      },
    });
    this.#boot = this.#start();
    this.#register([]);
    this.host = hostOf(this, hostSockets((call) => this.#run(call)));
  }

  get addresses(): readonly string[] {
    return this.machine.addresses.map(({ text }) => text);
  }

  get isUp(): boolean {
    return this.machine.isUp;
  }

  start(program: HostProgram): void {
    if (typeof program !== "function") {
      throw new TypeError(
        `Cannot start ${showValue(program)}: a program must be a function`,
      );
    }
    this.#programs.push(program);
    if (this.isUp && !this.#scope.isDropped) this.#runProgram(program);
  }

  crash(): void {
    if (!this.isUp) return;
    this.#record("crashes");
    this.machine.crash();
    this.#endPrograms();
  }

  restart(): void {
    if (this.#scope.isDropped) this.machine.crash(); // it was shut down
    else this.crash();
    this.#record("starts");
    this.#scope = this.#newScope();
    this.machine.restart();
    this.#boot = this.#start();
    for (const program of this.#programs) this.#runProgram(program);
  }

  shutdown(): void {
    if (!this.isUp || this.#scope.isDropped) return;
    this.#record("shuts down");
    this.machine.shutdown();
    this.#boot.shutdown();
    this.#endPrograms();
  }

  setAddresses(addresses: readonly string[]): void {
    const before = this.#ips();
    this.machine.setAddresses([...addresses]);
    this.#register(before);
  }

  /** Describes what is pending, for a simulation in which nothing happens any more. */
  *describePending(): Generator<string> {
    if (!this.isUp) {
      yield `host "${this.name}" is down`;
      return;
    }
    const { sockets } = this.machine;
    if (this.#running === 0 && sockets === 0) return;
    const programs = counted(this.#running, "running program");
    yield `host "${this.name}" has ${programs} and ${
      counted(sockets, "open socket")
    }`;
    for (const call of this.machine.describePending()) {
      yield `host "${this.name}": ${call}`;
    }
  }

  #newScope(): Scope {
    return this.#context.world.newScope(this.name);
  }

  #start(): Boot {
    const { zone, wire, unheard } = this.#context;
    return bootHost({
      machine: this.machine,
      zone,
      recorder: wire.recorder,
      unheard,
      files: this.#files,
      resolver: this.#resolver,
    });
  }

  #endPrograms(): void {
    this.#ended.add(this.#scope);
    this.#scope.drop();
    this.#running = 0;
  }

  #runProgram(program: HostProgram): void {
    const scope = this.#scope;
    const end = () => {
      if (!this.#ended.has(scope)) this.#running--;
    };
    this.#running++;
    scope.run(async () => await program(this.host)).then(end, (error) => {
      if (this.#ended.has(scope)) return;
      end();
      scope.fail(error);
    });
  }

  /** Runs a call of the host's functions. */
  #run<T>(call: (network: HostNetwork) => T): T {
    checkVirtual(`host "${this.name}"`);
    const caller = currentScope();
    if (caller !== undefined && this.#ended.has(caller)) {
      return new Promise<never>(() => {}) as T; // the program has ended
    }
    if (!this.isUp || this.#scope.isDropped) {
      throw new Error(
        `Cannot use host "${this.name}": it is down; call restart() first`,
      );
    }
    return this.#scope.run(() => call(this.#boot.network));
  }

  #ips(): IpAddress[] {
    return this.machine.addresses.map(({ prefix }) => prefix.ip);
  }

  #register(before: readonly IpAddress[]): void {
    this.#context.zone.setHost(this.name.toLowerCase(), before, this.#ips());
    this.#record(`has ${this.addresses.join(", ") || "no address"}`);
  }

  #record(text: string): void {
    this.#context.wire.record("host", this.name, text);
  }
}

function counted(count: number, noun: string): string {
  return `${count || "no"} ${noun}${count === 1 ? "" : "s"}`;
}

/** Adds the functions of the module to what starts and stops a host. */
function hostOf(parts: SimulatedHost, sockets: Sockets): Host {
  return {
    ...sockets,
    get name() {
      return parts.name;
    },
    get addresses() {
      return parts.addresses;
    },
    get isUp() {
      return parts.isUp;
    },
    start: (program) => parts.start(program),
    crash: () => parts.crash(),
    restart: () => parts.restart(),
    shutdown: () => parts.shutdown(),
    setAddresses: (addresses) => parts.setAddresses(addresses),
  };
}
