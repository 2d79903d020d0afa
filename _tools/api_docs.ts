/**
 * Reports what is wrong with the docs of the public API: functions, classes and
 * methods without an example that has a title and asserts something, optional
 * settings without a word about their default, links to nothing, and members that
 * are not for users but lack `@ignore`.
 *
 * Several symbols and members can share an example. One has it, and its example
 * uses the others, whose docs say "See the example of" and link to it.
 *
 * ```sh
 * deno run --allow-read --allow-run _tools/api_docs.ts
 * ```
 *
 * @module
 */
import config from "../deno.json" with { type: "json" };

interface Tag {
  readonly kind: string;
  readonly doc?: string;
}

interface Documented {
  readonly name: string;
  readonly jsDoc?: { readonly doc?: string; readonly tags?: readonly Tag[] };
}

interface Member extends Documented {
  readonly kind?: string;
  readonly accessibility?: string;
  readonly optional?: boolean;
  readonly isStatic?: boolean;
}

interface Declaration extends Omit<Documented, "name"> {
  readonly kind: string;
  readonly location: { readonly filename: string };
  readonly def?: {
    readonly constructors?: readonly Member[];
    readonly methods?: readonly Member[];
    readonly properties?: readonly Member[];
  };
}

interface PublicSymbol {
  readonly name: string;
  readonly declarations: readonly Declaration[];
}

/** What `deno doc --json` prints of one module. */
export interface ModuleDocs {
  readonly nodes: Record<string, {
    readonly module_doc?: Documented["jsDoc"];
    readonly symbols: readonly PublicSymbol[];
  }>;
}

/** Such interfaces are filled in by users, who may leave things out. */
const SETTINGS = /(Options|Hints|Query|Request)$/;
/** How a doc says in words what a setting is if left out. */
const WORDS =
  /left out|omitted|[Dd]efaults to|by default|aborted|--allow-ffi|Called/;

/** What is wrong with an example, or undefined. */
function faultOf(example: string): string | undefined {
  const [title] = example.split("\n", 1);
  if (title!.trim() === "" || title!.startsWith("```")) return "has no title";
  if (!/^```ts$/m.test(example)) return "is not TypeScript";
  if (!/^import .* from "@berkeley\/sockets/ms.test(example)) {
    return "does not import the package";
  }
  if (!/\bassert\w*\(/.test(example)) return "asserts nothing";
  return undefined;
}

/** The examples of each symbol and member, by what a link to it says. */
type Examples = ReadonlyMap<string, readonly string[]>;

const SHARED = /\bSee the example of\s+\{@linkcode\s+([^\s|}]+)/;

function examplesOf(docs: readonly Documented[]): string[] {
  return docs.flatMap(({ jsDoc }) => jsDoc?.tags ?? [])
    .filter(({ kind }) => kind === "example")
    .map(({ doc = "" }) => doc);
}

/**
 * A doc that is there once for several declarations of a name is enough, and so is
 * a link to an example that uses the name.
 */
function exampleFaults(
  name: string,
  docs: readonly Documented[],
  shared: Examples,
): string[] {
  const examples = examplesOf(docs);
  const target = docs.map(({ jsDoc }) => SHARED.exec(jsDoc?.doc ?? "")?.[1])
    .find((target) => target !== undefined);
  if (examples.length === 0 && target !== undefined) {
    const used = new RegExp(`\\b${name.slice(name.lastIndexOf(".") + 1)}\\b`);
    return shared.get(target)?.some((example) => used.test(example))
      ? []
      : [`the example of ${target} does not show ${name}`];
  }
  if (examples.length === 0) return [`${name} has no example`];
  return examples.flatMap((example) => {
    const fault = faultOf(example);
    return fault === undefined ? [] : [`an example of ${name} ${fault}`];
  });
}

/** A user calls it: not an accessor, nor one that the language itself calls. */
function isCalled({ name, kind, accessibility }: Member): boolean {
  return kind === "method" && accessibility === undefined &&
    !name.startsWith("[");
}

function* symbolFaults(
  { name, declarations }: PublicSymbol,
  shared: Examples,
): Generator<string> {
  const docs = declarations.map((declaration) => ({ ...declaration, name }));
  const { kind } = declarations[0]!;
  const methods = docs.flatMap(({ def }) => def?.methods ?? []);
  // An interface with methods is one that users implement.
  if (kind === "function" || kind === "class" || methods.length > 0) {
    yield* exampleFaults(name, docs, shared);
  }
  const called = Map.groupBy(methods.filter(isCalled), (method) => method.name);
  for (const [method, overloads] of kind === "class" ? called : []) {
    yield* exampleFaults(`${name}.${method}`, overloads, shared);
  }
  if (kind !== "interface" || !SETTINGS.test(name)) return;
  for (const property of docs.flatMap(({ def }) => def?.properties ?? [])) {
    const { doc = "", tags = [] } = property.jsDoc ?? {};
    const isTold = tags.some(({ kind }) => kind === "default") ||
      WORDS.test(doc);
    if (property.optional && !isTold) {
      yield `${name}.${property.name} does not say what it is if left out`;
    }
  }
}

/** The members of a declaration, which `deno doc` shows unless they have `@ignore`. */
function membersOf({ def }: Declaration): readonly Member[] {
  const { constructors = [], methods = [], properties = [] } = def ?? {};
  return [...constructors, ...methods, ...properties];
}

/** What a link can lead to: a symbol, or a member as `deno doc` names it. */
function* linkTargets(
  symbols: readonly PublicSymbol[],
): Generator<[target: string, doc: Documented]> {
  for (const { name, declarations } of symbols) {
    for (const declaration of declarations) {
      yield [name, { ...declaration, name }];
      for (const member of membersOf(declaration)) {
        const isOfPrototype = declaration.kind === "class" && !member.isStatic;
        yield [
          `${name}.${isOfPrototype ? "prototype." : ""}${member.name}`,
          member,
        ];
      }
    }
  }
}

function sharedExamples(symbols: readonly PublicSymbol[]): Examples {
  const shared = new Map<string, string[]>();
  for (const [target, doc] of linkTargets(symbols)) {
    shared.set(target, [...shared.get(target) ?? [], ...examplesOf([doc])]);
  }
  return shared;
}

const LINK = /\{@link(?:code|plain)?\s+([^\s|}]+)/g;

/** The links of a doc that lead to nothing. */
function deadLinks(
  what: string,
  { doc = "", tags = [] }: NonNullable<Documented["jsDoc"]>,
  targets: ReadonlySet<string>,
): string[] {
  const text = [doc, ...tags.map((tag) => tag.doc ?? "")].join("\n");
  return Array.from(text.matchAll(LINK), ([, target]) => target!)
    .filter((target) => !targets.has(target))
    .filter((target) => !/^(Deno\.|https:)/.test(target))
    .map((target) => `a link of ${what} leads nowhere: ${target}`);
}

/** Faults of links, and members that should not be shown. */
function* moduleFaults(
  url: string,
  { module_doc = {}, symbols }: ModuleDocs["nodes"][string],
): Generator<string> {
  const targets = new Set(linkTargets(symbols).map(([target]) => target));
  const folder = new URL(".", url).href;
  yield* deadLinks("the module", module_doc, targets);
  for (const { name, declarations } of symbols) {
    for (const declaration of declarations) {
      // What another module exports, too, has its links there.
      if (!declaration.location.filename.startsWith(folder)) continue;
      yield* deadLinks(name, declaration.jsDoc ?? {}, targets);
      for (const member of membersOf(declaration)) {
        const what = `${name}.${member.name}`;
        yield* deadLinks(what, member.jsDoc ?? {}, targets);
        if (member.jsDoc?.doc?.startsWith("Not for users")) {
          yield `${what} is not for users, but lacks @ignore`;
        }
      }
    }
  }
}

/** What is wrong with the docs of a module. */
export function docFaults(docs: ModuleDocs): string[] {
  return Object.entries(docs.nodes).flatMap(([url, module]) => {
    const shared = sharedExamples(module.symbols);
    return [
      ...module.symbols.flatMap((symbol) => [...symbolFaults(symbol, shared)]),
      ...moduleFaults(url, module),
    ];
  });
}

/** The names of all that a module makes public: symbols, members, settings. */
export function* publicNames(docs: ModuleDocs): Generator<string> {
  for (const { symbols } of Object.values(docs.nodes)) {
    for (const { name, declarations } of symbols) {
      yield name;
      for (const { def } of declarations) {
        for (const member of def?.methods ?? []) yield member.name;
        for (const member of def?.properties ?? []) yield member.name;
      }
    }
  }
}

/** Runs `deno doc` on a module. */
export async function docsOf(path: string | URL): Promise<ModuleDocs> {
  const url = new URL(path, new URL("../", import.meta.url));
  const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", url.href],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** The entry points, which have docs of their own; the root has those of others. */
export const ENTRY_POINTS: readonly [entry: string, path: string][] = Object
  .entries(config.exports).filter(([entry]) => entry !== ".");

if (import.meta.main) {
  let count = 0;
  for (const [entry, path] of ENTRY_POINTS) {
    for (const fault of docFaults(await docsOf(path))) {
      console.error(`${entry}: ${fault}`);
      count++;
    }
  }
  console.error(count === 0 ? "The docs lack nothing" : `${count} faults`);
  Deno.exitCode = count === 0 ? 0 : 1;
}
