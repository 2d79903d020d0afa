import { checkType, showValue } from "../../../internal/check/mod.ts";
import type { Host } from "../../host.ts";
import type { DirectionOptions } from "../../direction_options.ts";
import type { Link } from "../wire/link.ts";
import type { SimulatedHost } from "./simulated_host.ts";

/** One host or several. */
export type Hosts = Host | readonly Host[];

/** The links that a call is about, and how the trace names them. */
export interface Ways {
  readonly links: readonly Link[];
  readonly text: string;
}

/** The hosts of a network, in the order in which they were made. */
export class HostList {
  readonly #hosts = new Map<Host, SimulatedHost>();

  /** Adds a host. */
  add(host: SimulatedHost): void {
    this.#hosts.set(host.host, host);
  }

  /** All hosts as users hold them. */
  get all(): readonly Host[] {
    return [...this.#hosts.keys()];
  }

  /** The private halves of all hosts. */
  values(): Iterable<SimulatedHost> {
    return this.#hosts.values();
  }

  /**
   * The private halves of one host or several.
   *
   * @throws {TypeError} If one is not a host of this network.
   */
  find(hosts: Hosts): readonly SimulatedHost[] {
    const list = Array.isArray(hosts) ? hosts : [hosts];
    return list.map((host) => {
      const found = this.#hosts.get(host);
      if (found !== undefined) return found;
      throw new TypeError(
        `Cannot use ${showValue(host)}: it must be a host of this network`,
      );
    });
  }

  /**
   * The links between hosts; `b` is by default all hosts besides `a`.
   *
   * @throws {TypeError} If one is not a host of this network.
   * @throws {RangeError} If both sides are the same host.
   */
  between(
    a: Hosts,
    b: Hosts | undefined,
    options: DirectionOptions = {},
  ): Ways {
    const { oneWay = false } = options;
    checkType("oneWay", oneWay, "boolean");
    const from = this.find(a);
    const to = b === undefined
      ? [...this.values()].filter((host) => !from.includes(host))
      : this.find(b);
    const links = new Set<Link>();
    for (const x of from) {
      for (const y of to) {
        if (x === y) continue;
        links.add(x.machine.linkTo(y.machine));
        if (!oneWay) links.add(y.machine.linkTo(x.machine));
      }
    }
    if (links.size === 0 && from.length > 0 && to.length > 0) {
      throw new RangeError(
        `Cannot change the way from host "${
          from[0]!.name
        }" to itself: loopback has no faults`,
      );
    }
    const [left, right] = [from, to].map((list) =>
      list.map(({ name }) => name).join(", ")
    );
    const text = oneWay
      ? `from ${left} to ${right}`
      : `between ${left} and ${right}`;
    return { links: [...links], text };
  }

  /** All links between hosts. */
  everywhere(): Ways {
    const links = this.all.length < 2
      ? []
      : this.between(this.all, this.all).links;
    return { links, text: "everywhere" };
  }
}
