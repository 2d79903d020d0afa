import { isAllNet, SYSTEM } from "../internal/runtime/mod.ts";
import { MAX_DELAY } from "../internal/wait/mod.ts";
import { RuntimeSource } from "./_runtime_source.ts";
import type { DnsSource } from "./_source.ts";
import { Sockets } from "./_sockets.ts";
import type { WatchedFile } from "./_watched_file.ts";
import { WireSource } from "./_wire_source.ts";
import type { ResolvConf } from "./resolv_conf.ts";
import type { NameServer } from "./resolver_options.ts";
import { nameServerOf, type Settings } from "./_settings.ts";

/** The permission is looked at no more often than this, in milliseconds. */
const RECHECK_MS = 1000;

/**
 * Chooses how to ask the DNS: by our own packets where the name servers are
 * known and the network is open, else by the runtime.
 */
export class SourceChoice {
  readonly #settings: Settings;
  readonly #conf: WatchedFile<ResolvConf> | undefined;
  /** Of this resolver only: another one has its own. */
  readonly #sockets = new Sockets();
  #checked = -Infinity;
  #isOpen = false;
  #source: DnsSource | undefined;
  #madeFor: { conf: ResolvConf | undefined; isOpen: boolean } | undefined;

  constructor(
    settings: Settings,
    conf: WatchedFile<ResolvConf> | undefined,
  ) {
    this.#settings = settings;
    const isOwn = settings.nameServers.length > 0;
    this.#conf = isOwn || !followsResolvConf() ? undefined : conf;
  }

  /** The source that fits the configuration and the permissions of now. */
  current(): DnsSource {
    const conf = this.#conf?.current();
    const isOpen = this.#isNetworkOpen();
    const isSame = this.#madeFor?.conf === conf &&
      this.#madeFor?.isOpen === isOpen;
    if (this.#source !== undefined && isSame) return this.#source;
    this.#madeFor = { conf, isOpen };
    return this.#source = this.#make(conf, isOpen);
  }

  #make(conf: ResolvConf | undefined, isOpen: boolean): DnsSource {
    const { search, timeout, attempts, rotate } = this.#settings;
    const own = this.#settings.nameServers;
    const isKnown = own.length > 0 || conf !== undefined;
    if (!isOpen || !isKnown) {
      return new RuntimeSource(
        isKnown || search !== undefined,
        own,
        this.#sockets,
      );
    }
    return new WireSource({
      nameServers: own.length > 0 ? own : serversOf(conf!),
      timeout: Math.min(timeout ?? conf?.timeout ?? 5000, MAX_DELAY),
      attempts: attempts ?? conf?.attempts ?? 2,
      rotate: rotate ?? conf?.rotate ?? false,
      sockets: this.#sockets,
      now: this.#settings.now,
    });
  }

  /** Our own packets leave from any local port, so need more than leave for one server. */
  #isNetworkOpen(): boolean {
    const now = Date.now();
    if (Math.abs(now - this.#checked) >= RECHECK_MS) {
      this.#checked = now;
      this.#isOpen = isAllNet();
    }
    return this.#isOpen;
  }
}

/** Without a name server in the file, libc asks this host. */
function serversOf({ nameServers }: ResolvConf): Required<NameServer>[] {
  const hosts = nameServers.length > 0 ? nameServers : ["127.0.0.1"];
  return hosts.map((hostname) => nameServerOf({ hostname }));
}

/** On macOS the file is not what the system goes by; Windows has none. */
function followsResolvConf(): boolean {
  return SYSTEM !== "darwin" && SYSTEM !== "windows";
}
