/**
 * A `deno lint` plugin that proves the direction of the imports: down the
 * layers, across folders only through `mod.ts`, and never into a file that is
 * private to another folder; that nothing above the seams compares the name of a
 * backend; and that the library names `Deno` only where it carries sockets or answers
 * for the runtime.
 *
 * @module
 */

/** What is private to the package, below all folders that users import but errors. */
const INTERNAL = ["backends", "check", "libc", "runtime", "wait"]
  .map((name) => `internal/${name}`);
/** What connections and sockets are made of. */
const PARTS = ["internal/hosts", "resolve", "address", "errors", ...INTERNAL];

/** The kinds of sockets that users hold. */
const SOCKETS = ["tcp", "tls", "unix", "udp"];

/** Which folders each folder may import; one that is not listed may import any. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  "internal/runtime": [],
  errors: [], // but for two files of internal/runtime/: see FOR_ERRORS
  "internal/backends": ["internal/runtime", "errors"],
  "internal/check": [],
  "internal/wait": ["internal/check", "internal/runtime", "errors"],
  "internal/libc": ["internal/runtime", "internal/wait", "errors"],
  address: ["internal/check", "internal/runtime", "errors"],
  resolve: ["address", "errors", ...INTERNAL],
  "internal/hosts": [
    "resolve",
    "address",
    "errors",
    "internal/check",
    "internal/wait",
  ],
  stream: PARTS,
  tcp: ["stream", ...PARTS],
  unix: ["stream", ...PARTS],
  tls: ["tcp", "stream", ...PARTS],
  udp: PARTS,
  pool: ["stream", ...PARTS],
  proxy: ["tls", "unix", "tcp", "stream", ...PARTS],
  testing: [...SOCKETS, "stream", ...PARTS],
  posix: [
    "address",
    "errors",
    "internal/check",
    "internal/runtime",
    "internal/wait",
  ],
  "": [
    ...SOCKETS,
    "pool",
    "proxy",
    "stream",
    "resolve",
    "address",
    "errors",
    "internal/wait",
  ],
};

/** The one way up: these files may load posix, lazily or only for its types. */
const LOADS_POSIX =
  /^(internal\/libc\/[a-z_]+|(stream|tcp|unix|udp)\/_posix[a-z_]*)\.ts$/;

/** What the folders of each kind of stream socket need of `stream/` beside its names. */
const SEAM = /^stream\/_(node_|posix_)?seam\.ts$/;
const USES_SEAM = /^(tcp|tls|unix|pool|testing)\//;

/** The ways below the functions of a module, for the simulated network only. */
const NETWORK_SEAM = /^(tcp|tls|unix|udp|resolve)\/_seam\.ts$/;
const USES_NETWORK_SEAM = /^testing\//;
/** How connectTcp and the protocols of proxies find each other. */
const PROXY_SEAM = "tcp/_proxied.ts";
const USES_PROXY_SEAM = /^proxy\//;
/** The functions of a host, as a type. */
const SOCKETS_TYPE = "sockets.ts";

/** What errors/ takes without the rest of its folder, so that it loads as fast as it can. */
const FOR_ERRORS = /^internal\/runtime\/(error_class|runtime)\.ts$/;

const ROOT = new URL("../", import.meta.url).href;

/** The path below the repository's root, or undefined outside it. */
function below(url: string): string | undefined {
  return url.startsWith(ROOT) ? url.slice(ROOT.length) : undefined;
}

function folderOf(path: string): string {
  return /^internal\/[^/]+(?=\/)|^[^/]+(?=\/)/.exec(path)?.[0] ?? "";
}

/** How an import appears in the source. */
export type ImportKind = "value" | "type" | "dynamic";

/** Says what is wrong with an import of `specifier` in `fileUrl`, or undefined. */
export function layerFault(
  fileUrl: string,
  specifier: string,
  kind: ImportKind,
): string | undefined {
  const file = below(fileUrl);
  if (file === undefined) return undefined;
  const from = folderOf(file);
  const allowed = MAY_IMPORT[from];
  if (allowed === undefined) return undefined;
  if (/^node:/.test(specifier)) {
    return ["address", "internal/check", "errors"].includes(from)
      ? `${from}/ is pure and imports no built-in`
      : undefined;
  }
  if (!/^\.{0,2}\//.test(specifier)) {
    return `runtime code imports only built-ins and its own files, not "${specifier}"`;
  }
  const target = below(new URL(specifier, fileUrl).href);
  if (target === undefined) return `"${specifier}" leaves the package`;
  const to = folderOf(target);
  if (to === from) return undefined;
  if (SEAM.test(target) && USES_SEAM.test(file)) return undefined;
  if (target === PROXY_SEAM && USES_PROXY_SEAM.test(file)) return undefined;
  if (USES_NETWORK_SEAM.test(file)) {
    if (NETWORK_SEAM.test(target)) return undefined;
    if (target === SOCKETS_TYPE && kind === "type") return undefined;
  }
  if (from === "errors" && FOR_ERRORS.test(target)) return undefined;
  if (!/(^|\/)mod\.ts$/.test(target)) {
    return `reach ${to}/ through ${to}/mod.ts, not "${specifier}"`;
  }
  if (to === "posix" && LOADS_POSIX.test(file) && kind !== "value") {
    return undefined;
  }
  if (!allowed.includes(to)) {
    return `${from || "mod.ts"} may not import ${to}/: imports go down`;
  }
  return undefined;
}

function check(
  context: Deno.lint.RuleContext,
  source: Deno.lint.Node | null,
  kind: ImportKind,
): void {
  if (source?.type !== "Literal" || typeof source.value !== "string") return;
  const file = new URL(`file://${context.filename.replaceAll("\\", "/")}`).href;
  const message = layerFault(file, source.value, kind);
  if (message !== undefined) context.report({ node: source, message });
}

/** Files above a seam, where the name of a backend says nothing. */
const ABOVE_SEAM = /\/(stream|tcp|tls|unix|udp)\/(?!_\w*transport)[^/]+\.ts$/;
const BACKEND = /^(deno|node|posix)$/;

function isBackend(node: Deno.lint.Node): boolean {
  return node.type === "Literal" && typeof node.value === "string" &&
    BACKEND.test(node.value);
}

/** Files of the library: what users import, and what that imports. */
const LIBRARY =
  /^(address|errors|internal|pool|posix|proxy|resolve|stream|tcp|testing|tls|udp|unix)\/|^\w+\.ts$/;
/** Its files that run in Deno only, and those that answer for the runtime. */
const FOR_DENO = /^internal\/runtime\/|(^|\/)_deno_\w+\.ts$|^posix\/_libc\.ts$/;

const plugin: Deno.lint.Plugin = {
  name: "layers",
  rules: {
    "no-backend-names": {
      create(context) {
        const file = context.filename.replaceAll("\\", "/");
        if (!ABOVE_SEAM.test(file) || /\/tests\//.test(file)) return {};
        return {
          BinaryExpression(node) {
            if (!/^[!=]==?$/.test(node.operator)) return;
            if (!isBackend(node.left) && !isBackend(node.right)) return;
            const message =
              "ask what a backend can do, not for its name: see tcp/_backends.ts, udp/_abilities.ts";
            context.report({ node, message });
          },
        };
      },
    },
    "no-deno": {
      create(context) {
        const url = new URL(`file://${context.filename.replaceAll("\\", "/")}`);
        const file = below(url.href);
        if (file === undefined || !LIBRARY.test(file) || FOR_DENO.test(file)) {
          return {};
        }
        return {
          Identifier(node) {
            if (node.name !== "Deno") return;
            const message =
              "ask internal/runtime/, or name a type of our own: other runtimes have no Deno";
            context.report({ node, message });
          },
        };
      },
    },
    "no-using": {
      create(context) {
        const url = new URL(`file://${context.filename.replaceAll("\\", "/")}`);
        if (!LIBRARY.test(below(url.href) ?? "")) return {};
        return {
          VariableDeclaration(node) {
            if (!/using$/.test(node.kind)) return;
            const message = "use try and finally: Node 22 has no `using`";
            context.report({ node, message });
          },
        };
      },
    },
    "imports-go-down": {
      create(context) {
        return {
          ImportDeclaration(node) {
            check(
              context,
              node.source,
              node.importKind === "type" ? "type" : "value",
            );
          },
          ExportNamedDeclaration(node) {
            check(
              context,
              node.source,
              node.exportKind === "type" ? "type" : "value",
            );
          },
          ExportAllDeclaration(node) {
            check(context, node.source, "value");
          },
          ImportExpression(node) {
            check(context, node.source, "dynamic");
          },
        };
      },
    },
  },
};
export default plugin;
