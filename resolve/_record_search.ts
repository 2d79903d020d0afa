/**
 * Names as resolv.conf(5) has them: with search domains, asked of the source
 * that fits the configuration and the permissions.
 */
import type { WaitOptions } from "../internal/wait/mod.ts";
import { weightiest } from "./_addresses.ts";
import { hostNameOf } from "./_names.ts";
import type { RecordLookup } from "./_record_lookup.ts";
import type { DnsSource, Outcome, Status } from "./_source.ts";
import type { Settings } from "./_settings.ts";
import { SourceChoice } from "./_source_choice.ts";
import type { WatchedFile } from "./_watched_file.ts";
import type { RecordType } from "./records.ts";
import type { ResolvConf } from "./resolv_conf.ts";

/** A chain of CNAMEs is followed no further than this. */
const MAX_CNAMES = 16;

/** What a name in full answered. */
export interface Found {
  /** The name that answered, without final dot. */
  readonly name: string;
  /** An outcome for each type that was asked for. */
  readonly outcomes: readonly Outcome[];
  /** How long all of it may be kept, in milliseconds. */
  readonly lifetime: number;
}

/** Finds which of the names that a short name may stand for has records. */
export class RecordSearch {
  readonly #settings: Settings;
  readonly #records: RecordLookup;
  readonly #conf: WatchedFile<ResolvConf> | undefined;
  readonly #sources: { current(): DnsSource };

  constructor(
    settings: Settings,
    records: RecordLookup,
    conf: WatchedFile<ResolvConf> | undefined,
    source: DnsSource | undefined,
  ) {
    this.#settings = settings;
    this.#records = records;
    this.#conf = conf;
    this.#sources = source === undefined
      ? new SourceChoice(settings, conf)
      : { current: () => source };
  }

  /** Tries the name and the search domains in turn, until one has records. */
  async find(
    name: string,
    types: readonly RecordType[],
    wait: WaitOptions | undefined,
    timeoutError: () => Error,
  ): Promise<Found> {
    const source = this.#sources.current();
    let failure: Found | undefined;
    const candidates = this.#candidates(name, source);
    for (const candidate of candidates) {
      const outcomes = await this.#records.query(
        source,
        candidate,
        types,
        wait,
        timeoutError,
      );
      const found = {
        name: candidate,
        outcomes,
        lifetime: this.#lifetime(outcomes),
      };
      const { status, answered } = weightiest(outcomes);
      if (status === "found") return found;
      // As libc has it, the name as it is speaks for all when it is tried first.
      const isDecided = candidates[0] === name;
      if (
        failure === undefined || (!isDecided && isMoreTelling(found, failure))
      ) {
        failure = found;
      }
      // Servers that are silent for one name are silent for the next.
      if (!answered) break;
    }
    return failure!;
  }

  /** Asks for one name as it is. */
  async exactly(
    name: string,
    type: RecordType,
    wait: WaitOptions | undefined,
    timeoutError: () => Error,
  ): Promise<Outcome> {
    const source = this.#sources.current();
    const bare = name.endsWith(".") ? name.slice(0, -1) : name;
    const full = source.absolute ? bare : `${bare}.`;
    const [outcome] = await this.#records.query(
      source,
      full,
      [type],
      wait,
      timeoutError,
    );
    return outcome!;
  }

  /** Where the CNAMEs of what was found lead to, and the names on the way. */
  async chain(
    found: Found,
    wait: WaitOptions | undefined,
    timeoutError: () => Error,
  ): Promise<{ canonical: string; aliases: readonly string[] }> {
    const known = found.outcomes.find(({ canonical, status }) =>
      canonical !== undefined && status === "found"
    );
    if (known?.canonical !== undefined) {
      return { canonical: known.canonical, aliases: known.aliases ?? [] };
    }
    let name = found.name;
    const aliases: string[] = [];
    for (let i = 0; i < MAX_CNAMES; i++) {
      const { records: [target] } = await this.exactly(
        name,
        "CNAME",
        wait,
        timeoutError,
      );
      if (target === undefined) break;
      aliases.push(name);
      name = target as string;
    }
    return { canonical: name, aliases };
  }

  /** The names to try, in order: res_search of resolver(3). */
  #candidates(name: string, source: DnsSource): string[] {
    if (name.endsWith(".")) return [source.absolute ? name.slice(0, -1) : name];
    if (!source.absolute) return [name]; // the runtime knows the search domains
    const conf = this.#conf?.current();
    const ndots = this.#settings.ndots ?? conf?.ndots ?? 1;
    const search = this.#settings.search ??
      (this.#settings.nameServers.length > 0 ? [] : conf?.search ?? []);
    const extended = search.flatMap((domain) => extend(name, domain) ?? []);
    const dots = name.split(".").length - 1;
    return dots >= ndots ? [name, ...extended] : [...extended, name];
  }

  #lifetime(outcomes: readonly Outcome[]): number {
    return Math.min(
      ...outcomes.map((outcome) => this.#records.lifetime(outcome)),
    );
  }
}

/** The name in a domain; undefined where that makes no other name, or one too long. */
function extend(name: string, domain: string): string | undefined {
  const bare = domain.replace(/\.$/, "");
  return bare === "" ? undefined : hostNameOf(`${name}.${bare}`);
}

/** Of several names, none of which has records, one that exists says most. */
const TELLING: readonly Status[] = ["noname", "fail", "again", "nodata"];

function isMoreTelling(a: Found, b: Found): boolean {
  const rank = ({ outcomes }: Found) =>
    TELLING.indexOf(weightiest(outcomes).status);
  return rank(a) > rank(b);
}
