import {
  checkInteger,
  checkType,
  showValue,
} from "../../../internal/check/mod.ts";

/** The largest of the numbers in records: 16 bits, and 32 bits. */
const U16 = 0xffff;
const U32 = 0xffff_ffff;

/** The fields of each type of record: a number has its largest value. */
const FIELDS: {
  readonly [type: string]: {
    readonly [field: string]: number | "string" | "boolean";
  };
} = {
  caa: { critical: "boolean", tag: "string", value: "string" },
  mx: { preference: U16, exchange: "string" },
  naptr: {
    ...{ order: U16, preference: U16, flags: "string", services: "string" },
    ...{ regexp: "string", replacement: "string" },
  },
  soa: {
    ...{ mname: "string", rname: "string", serial: U32, refresh: U32 },
    ...{ retry: U32, expire: U32, minimum: U32 },
  },
  srv: { priority: U16, weight: U16, port: U16, target: "string" },
};

/**
 * Returns a copy of a record, read once: text, a list of texts, or an object with the
 * fields of its type.
 *
 * @throws {TypeError} If it has another shape.
 * @throws {RangeError} If a number is out of range.
 */
export function checkRecord(type: string, record: unknown): unknown {
  if (type === "ns" || type === "ptr") {
    return requireType(type, record, "string");
  }
  if (type === "txt") {
    if (!Array.isArray(record)) {
      return refuse(type, record, "an array of strings");
    }
    return record.map((text) => requireType(type, text, "string"));
  }
  const fields = FIELDS[type]!;
  if (record !== Object(record)) return refuse(type, record, "an object");
  const given = { ...record as Record<string, unknown> };
  return Object.fromEntries(
    Object.entries(fields).map(([field, kind]) => {
      const name = `${type} ${field}`;
      const value = given[field];
      return [
        field,
        typeof kind === "number"
          ? checkInteger(name, value as number, 0, kind)
          : requireType(name, value, kind),
      ];
    }),
  );
}

function requireType(
  name: string,
  value: unknown,
  type: "string" | "boolean",
): unknown {
  checkType(name, value ?? null, type); // it may not be missing
  return value;
}

function refuse(name: string, value: unknown, wanted: string): never {
  throw new TypeError(
    `Cannot use ${name} ${showValue(value)}: it must be ${wanted}`,
  );
}
