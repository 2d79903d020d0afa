import { isIpAddress, parseSocketAddress } from "../address/mod.ts";
import {
  isAllNet,
  isDeno,
  nameServerTexts,
  SYSTEM,
} from "../internal/runtime/mod.ts";
import { MAX_DELAY } from "../internal/wait/mod.ts";
import { DenoSource } from "./_deno_source.ts";
import type { DnsSource } from "./_source.ts";
import { Sockets } from "./_sockets.ts";
import type { WatchedFile } from "./_watched_file.ts";
import { WireSource } from "./_wire_source.ts";
import type { ResolvConf } from "./resolv_conf.ts";
import type { NameServer } from "./resolver_options.ts";
import { nameServerOf, type Settings } from "./_settings.ts";

/** What a source was made for. */
interface State {
  readonly conf: ResolvConf | undefined;
  readonly isOpen: boolean;
  /** The servers that the runtime knows, if no file and no option names any. */
  readonly runtimeServers: string;
}

/** The permission is looked at no more often than this, in milliseconds. */
const RECHECK_MS = 1000;

/**
 * Chooses how to ask the DNS: by our own packets where the name servers are
 * known and the network is open, else by Deno. Runtimes with the API of Node know the
 * name servers also where no file names them.
 */
export class SourceChoice {
  readonly #settings: Settings;
  readonly #conf: WatchedFile<ResolvConf> | undefined;
  /** Of this resolver only: another one has its own. */
  readonly #sockets = new Sockets();
  #checked = -Infinity;
  #isOpen = false;
  #runtimeServers = "";
  #source: DnsSource | undefined;
  #madeFor: State | undefined;

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
    this.#look(conf);
    const isOpen = this.#isOpen;
    const runtimeServers = this.#runtimeServers;
    const isSame = this.#madeFor?.conf === conf &&
      this.#madeFor?.isOpen === isOpen &&
      this.#madeFor?.runtimeServers === runtimeServers;
    if (this.#source !== undefined && isSame) return this.#source;
    this.#madeFor = { conf, isOpen, runtimeServers };
    return this.#source = this.#make(this.#madeFor);
  }

  #make({ conf, isOpen, runtimeServers }: State): DnsSource {
    const { search, timeout, attempts, rotate } = this.#settings;
    const own = this.#settings.nameServers;
    const isKnown = own.length > 0 || conf !== undefined;
    if (!isOpen || (!isKnown && isDeno)) {
      return new DenoSource(
        isKnown || search !== undefined,
        own,
        this.#sockets,
      );
    }
    return new WireSource({
      nameServers: own.length > 0
        ? own
        : serversOf(conf?.nameServers ?? runtimeServers.split(" ")),
      timeout: Math.min(timeout ?? conf?.timeout ?? 5000, MAX_DELAY),
      attempts: attempts ?? conf?.attempts ?? 2,
      rotate: rotate ?? conf?.rotate ?? false,
      sockets: this.#sockets,
      now: this.#settings.now,
    });
  }

  #look(conf: ResolvConf | undefined): void {
    const now = Date.now();
    if (Math.abs(now - this.#checked) < RECHECK_MS) return;
    this.#checked = now;
    // Our own packets leave from any local port, so need more than leave for one server.
    this.#isOpen = isAllNet();
    const isKnown = conf !== undefined || this.#settings.nameServers.length > 0;
    this.#runtimeServers = isKnown ? "" : nameServerTexts().join(" ");
  }
}

/** If none is named, this host is asked, as libc does. */
function serversOf(texts: readonly string[]): Required<NameServer>[] {
  const named = texts.filter((text) => text !== "");
  return (named.length > 0 ? named : ["127.0.0.1"]).map((text) => {
    if (isIpAddress(text)) return nameServerOf({ hostname: text });
    const { ip, port } = parseSocketAddress(text);
    return nameServerOf({ hostname: ip.toString(), port });
  });
}

/** On macOS the file is not what the system goes by; Windows has none. */
function followsResolvConf(): boolean {
  return SYSTEM !== "darwin" && SYSTEM !== "windows";
}
