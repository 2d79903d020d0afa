import { formatHostPort } from "../address/mod.ts";
import { SocketError, socketError } from "../errors/mod.ts";
import { showValue } from "../internal/check/mod.ts";
import type { Service } from "../internal/hosts/mod.ts";
import { waitFor, type WaitOptions } from "../internal/wait/mod.ts";
import type { AddressFinder, SrvRecord } from "../resolve/mod.ts";
import * as resolve from "../resolve/mod.ts";
import type { TcpConn } from "./conn.ts";

/** The least time that a target gets, if so much is left, in milliseconds. */
const LEAST_SHARE = 2000;

/** How to connect to a service. */
interface ServicePlan {
  /** The resolver to use. Defaults to the shared one. */
  readonly resolver: AddressFinder | undefined;
  /** Connects to a target. */
  connect(
    target: { hostname: string; port: number } & WaitOptions,
  ): Promise<TcpConn>;
  /** What limits all of it. */
  readonly wait: WaitOptions;
}

/** A target that could not be connected to. */
interface FailedTarget {
  readonly target: string;
  readonly error: unknown;
}

/**
 * Connects to the targets of a service, one after the other in the order of RFC 2782,
 * until one accepts.
 */
export async function connectService(
  { name, ...query }: Service,
  { resolver, connect, wait }: ServicePlan,
): Promise<TcpConn> {
  const lookup = lookupOf(resolver, name);
  const { timeout = Infinity } = wait;
  const end = performance.now() + timeout;
  const giveUp = new AbortController();
  const { signal } = giveUp;
  const work = (async () => {
    const records = await lookup(query, { signal });
    const failed: FailedTarget[] = [];
    for (const [index, { target: hostname, port }] of records.entries()) {
      signal.throwIfAborted();
      const share = shareOf(end - performance.now(), records.length - index);
      const target = { hostname, port, signal, timeout: share };
      try {
        return await connect(target);
      } catch (error) {
        failed.push({ target: formatHostPort(hostname, port), error });
      }
    }
    signal.throwIfAborted();
    throw failureOf(name, failed, records);
  })();
  return await waitFor(
    work,
    wait,
    () => socketError("ETIMEDOUT", contextOf(name)),
    (reason) => {
      giveUp.abort(reason);
      // It may have connected in the very moment of the cancellation.
      work.then((late) => late.close(), () => {});
    },
  );
}

function contextOf(name: string) {
  return { action: `connect to ${name}`, syscall: "connect" };
}

function lookupOf(resolver: AddressFinder | undefined, name: string) {
  if (resolver === undefined) return resolve.lookupService;
  if (typeof resolver.lookupService === "function") {
    return resolver.lookupService.bind(resolver);
  }
  throw new TypeError(
    `Cannot use service ${
      showValue(name)
    }: the resolver has no lookupService()`,
  );
}

/** The part of the time left that a target gets, of so many that are to be tried. */
function shareOf(left: number, targets: number): number {
  return Math.max(0, Math.min(left, Math.max(left / targets, LEAST_SHARE)));
}

/** The first target's error; of several targets, one that lists them. */
function failureOf(
  name: string,
  failed: readonly FailedTarget[],
  records: readonly SrvRecord[],
): unknown {
  const first = failed.find(({ error }) => error instanceof SocketError) ??
    failed[0];
  if (first === undefined || records.length === 1) return first?.error;
  if (!(first.error instanceof SocketError)) return first.error;
  return socketError(first.error.code, {
    ...contextOf(name),
    reason: failed.map(({ target, error }) =>
      `${target} ${(error as { code?: string }).code ?? error}`
    ).join(", "),
    cause: new AggregateError(
      failed.map(({ error }) => error),
      `All ${failed.length} targets of ${name} failed`,
    ),
  });
}
