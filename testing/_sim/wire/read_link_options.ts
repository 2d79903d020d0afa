import {
  checkInteger,
  checkNumber,
  showValue,
} from "../../../internal/check/mod.ts";
import type { LinkOptions } from "../../link_options.ts";

/** All options of a link, read once and checked. */
export type ReadLinkOptions = {
  readonly [K in keyof LinkOptions]-?: Exclude<LinkOptions[K], undefined>;
};

/** The link between two hosts of a new network. */
export const DEFAULT_LINK: ReadLinkOptions = {
  latency: 0.5,
  jitter: 0,
  bandwidth: Infinity,
  queue: 256 * 1024,
  loss: 0,
  duplicate: 0,
  reorder: 0,
  mtu: 1500,
};

/** The link of a host to itself. */
export const LOOPBACK_LINK: ReadLinkOptions = {
  ...DEFAULT_LINK,
  latency: 0.01,
  queue: Infinity,
  mtu: 65_536,
};

/**
 * Reads the options once, and takes those that are missing from `before`.
 *
 * @throws {TypeError} If one has the wrong type.
 * @throws {RangeError} If a number is out of range.
 */
export function readLinkOptions(
  options: LinkOptions,
  before: ReadLinkOptions = DEFAULT_LINK,
): ReadLinkOptions {
  if (options !== Object(options)) {
    throw new TypeError(
      `Cannot use link options ${showValue(options)}: they must be an object`,
    );
  }
  const {
    latency = before.latency,
    jitter = before.jitter,
    bandwidth = before.bandwidth,
    queue = before.queue,
    loss = before.loss,
    duplicate = before.duplicate,
    reorder = before.reorder,
    mtu = before.mtu,
  } = options;
  checkNumber("bandwidth", bandwidth, 0);
  if (bandwidth === 0) {
    throw new RangeError(
      "Cannot use bandwidth 0: it must be more; use network.partition() to stop packets",
    );
  }
  return {
    latency: checkDelay("latency", latency),
    jitter: checkDelay("jitter", jitter),
    bandwidth,
    queue: checkNumber("queue", queue, 0),
    loss: checkProbability("loss", loss),
    duplicate: checkProbability("duplicate", duplicate),
    reorder: checkProbability("reorder", reorder),
    mtu: checkInteger("mtu", mtu, 68, 65_536),
  };
}

/** Returns a number of milliseconds that is finite and not negative. */
export function checkDelay(name: string, value: number): number {
  checkNumber(name, value, 0);
  if (value !== Infinity) return value;
  throw new RangeError(`Cannot use ${name} Infinity: it must be finite`);
}

/** Returns a number from 0 to 1. */
export function checkProbability(name: string, value: number): number {
  checkNumber(name, value, 0);
  if (value <= 1) return value;
  throw new RangeError(
    `Cannot use ${name} ${value}: it must be a probability from 0 to 1`,
  );
}
