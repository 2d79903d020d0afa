import type { RecordType } from "../../../resolve/mod.ts";
import type { Outcome } from "../../../resolve/_seam.ts";
import { HostRecord } from "../wire/host_record.ts";

/** The response code of each status, as dig prints it. */
const CODES = {
  nodata: "no data",
  noname: "NXDOMAIN",
  again: "temporary failure",
  fail: "failure",
} as const;

/** The end of a query for the trace; without an outcome there was no answer in time. */
export function queryRecord(
  time: number,
  host: string,
  name: string,
  type: RecordType,
  start: number,
  outcome: Outcome | undefined,
): HostRecord {
  const isLost = outcome === undefined;
  const text = () => {
    const took = `${(time - start).toFixed(3)} ms`;
    return `query ${type} ${name}: ${answerText(outcome)} (${took})`;
  };
  return new HostRecord(time, "dns", host, text, isLost);
}

function answerText(outcome: Outcome | undefined): string {
  if (outcome === undefined) return "no answer";
  const { status, records, ttl } = outcome;
  if (status !== "found") return CODES[status];
  const texts = records.map((record) =>
    typeof record === "string" || "toBytes" in record
      ? String(record)
      : JSON.stringify(record)
  );
  return `${texts.join(" ")}, ttl ${ttl} ms`;
}
