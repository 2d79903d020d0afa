import { IpAddress } from "../address/mod.ts";
import type { WaitOptions } from "../internal/wait/mod.ts";
import { refused, timedOut } from "./_failures.ts";
import { CODES } from "./_host_lookup.ts";
import { hostNameOf, specialName } from "./_names.ts";
import { Refusal } from "./_plan.ts";
import type { RecordSearch } from "./_record_search.ts";
import type { SourceData } from "./_source.ts";
import type { RecordData, RecordType } from "./records.ts";

/** The records of a name taken in full; rejects with an `AddrInfoError` where there are none. */
export async function resolveRecords<T extends RecordType>(
  search: RecordSearch,
  name: string,
  type: T,
  wait: WaitOptions | undefined,
): Promise<RecordData[T][]> {
  const refuse = (code: string, reason?: string, cause?: unknown) =>
    refused(new Refusal(code, reason, cause), name);
  const checked = name === "." ? name : hostNameOf(name);
  if (checked === undefined) {
    throw refuse("EAI_NONAME", "not a valid domain name");
  }
  switch (specialName(checked)) {
    case "never":
      throw refuse("EAI_NONAME", "the name is reserved never to exist");
    case "localhost": {
      const address = LOOPBACK[type];
      if (address === undefined) throw refuse("EAI_NODATA");
      return [address as RecordData[T]];
    }
  }
  const outcome = await search.exactly(
    checked,
    type,
    wait,
    () => timedOut(name),
  );
  if (outcome.status !== "found") {
    throw refuse(CODES[outcome.status], undefined, outcome.cause);
  }
  return outcome.records.map(publish) as RecordData[T][];
}

/** RFC 6761 section 6.3: what a resolver knows of localhost without asking. */
const LOOPBACK: { readonly [T in RecordType]?: string } = {
  A: "127.0.0.1",
  AAAA: "::1",
};

/** A copy of a record that is the caller's to change. */
function publish(data: SourceData[RecordType]): RecordData[RecordType] {
  return data instanceof IpAddress ? data.toString() : structuredClone(data);
}
