/**
 * What this project uses of `@std/cli/parse-args`, over `node:util`.
 *
 * @module
 */
import { parseArgs as parse } from "node:util";

/** Which options there are, as in `@std/cli`. */
export interface ParseOptions<B extends string, S extends string> {
  /** Options that take no value. */
  boolean?: readonly B[];
  /** Options that take a text. */
  string?: readonly S[];
  /** Values of options that are not given. */
  default?: Partial<Record<NoInfer<B | S>, unknown>>;
  /** Whether everything after the first word is kept as it is. */
  stopEarly?: boolean;
  /** Other names of an option. */
  alias?: Partial<Record<NoInfer<B | S>, string>>;
  /**
   * Called with each word that is no option or value of one, and with each
   * option that was not declared and its name; false leaves it out.
   */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

/** The parsed options, and in `_` the words that belong to none. */
export type Args<B extends string, S extends string, D> =
  & { [K in B]: boolean }
  & { [K in S]: K extends keyof D ? string : string | undefined }
  & { _: Array<string | number> };

/** `@std/cli` turns words that are numbers into numbers. */
function word(text: string): string | number {
  return /^(0x[0-9a-f]+|[-+]?(?:\d+(?:\.\d*)?|\.\d+)(e[-+]?\d+)?)$/i.test(text)
    ? Number(text)
    : text;
}

/** Parses command-line arguments; unknown options are kept, unless `unknown` objects. */
export function parseArgs<
  B extends string = never,
  S extends string = never,
  D extends Partial<Record<B | S, unknown>> = Record<never, never>,
>(
  args: string[],
  options: ParseOptions<B, S> & { default?: D } = {},
): Args<B, S, D> {
  const known: Record<
    string,
    { type: "boolean" | "string"; short?: string }
  > = {};
  const longAlias = new Map<string, string>();
  const declare = (name: B | S, type: "boolean" | "string") => {
    const alias = options.alias?.[name];
    known[name] = alias?.length === 1 ? { type, short: alias } : { type };
    if (alias !== undefined && alias.length > 1) {
      known[alias] = { type };
      longAlias.set(alias, name);
    }
  };
  for (const name of options.boolean ?? []) declare(name, "boolean");
  for (const name of options.string ?? []) declare(name, "string");

  const scan = (args: string[]) =>
    parse({
      args,
      options: known,
      strict: false,
      allowPositionals: true,
      allowNegative: true,
      tokens: true,
    });
  const first = scan(args).tokens.find(({ kind }) => kind === "positional");
  const end = options.stopEarly && first ? first.index + 1 : args.length;
  const { values, tokens } = scan(args.slice(0, end));
  const { unknown = () => true } = options;
  const words: Array<string | number> = [];
  let isOver = false; // behind "--"
  for (const token of tokens) {
    if (token.kind === "option-terminator") isOver = true;
    else if (token.kind === "positional") {
      if (isOver) words.push(token.value);
      else if (unknown(token.value) !== false) words.push(word(token.value));
    } else if (!Object.hasOwn(known, token.name)) {
      const value = token.value ?? true;
      const isKept = unknown(args[token.index]!, token.name, value) !== false;
      if (!isKept) delete values[token.name];
    }
  }
  const result: Record<string, unknown> = { _: [...words, ...args.slice(end)] };
  for (const name of options.boolean ?? []) result[name] = false;
  Object.assign(result, options.default);
  for (const [name, value] of Object.entries(values)) {
    const text = known[name]?.type === "string" && value === true ? "" : value;
    result[longAlias.get(name) ?? name] = text;
  }
  return result as Args<B, S, D>;
}
