/**
 * All fuzzers: the test suite tries each a little with a fixed seed, and
 * `deno task fuzz` for as long as one likes.
 *
 * @module
 */
import { Random } from "../_random.ts";
import type { FuzzTarget } from "./_target.ts";
import { certificates } from "./certificates.ts";
import { clientHello } from "./client_hello.ts";
import { datagrams } from "./datagrams.ts";
import { dnsFaults } from "./dns_faults.ts";
import { dnsMessage } from "./dns_message.ts";
import { errors } from "./errors.ts";
import { frames } from "./frames.ts";
import { ipAddress } from "./ip_address.ts";
import { sourceCancels } from "./source_cancels.ts";
import { streamEnds } from "./stream_ends.ts";
import { readInterleavings } from "./read_interleavings.ts";
import { streamReads } from "./stream_reads.ts";
import { streamWrites } from "./stream_writes.ts";
import { systemFiles } from "./system_files.ts";
import { tlsCancels } from "./tls_cancels.ts";
import { unixCancels } from "./unix_cancels.ts";

export type { FuzzTarget } from "./_target.ts";

/** The fuzzers. */
export const TARGETS: readonly FuzzTarget[] = [
  ipAddress,
  frames,
  streamReads,
  readInterleavings,
  streamWrites,
  streamEnds,
  unixCancels,
  tlsCancels,
  sourceCancels,
  datagrams,
  systemFiles,
  dnsMessage,
  dnsFaults,
  clientHello,
  certificates,
  errors,
];

/** The try with this seed; one that fails says how to have it again. */
export async function tryOnce(
  target: FuzzTarget,
  seed: number,
): Promise<string> {
  try {
    return await target.once(new Random(Math.imul(seed, 0x9e3779b1)));
  } catch (error) {
    throw new Error(
      `Again: deno task fuzz --tries 1 --seed ${seed} ${target.name}`,
      { cause: error },
    );
  }
}
