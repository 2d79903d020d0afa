import { makeError } from "./error_class.ts";
import { workingFolder } from "./files.ts";
import { type PermissionState, permissionState } from "./permission.ts";

/** Where files stand for something else than data on Linux. */
const SPECIAL = /^\/(dev|proc|sys)(\/|$)/;
/** What `--allow-all` grants. */
const EVERYTHING = [
  ...["read", "write", "net", "env", "run", "sys", "ffi", "import"] as const,
];

function isWhole(name: (typeof EVERYTHING)[number]): boolean {
  return isWholly(permissionState({ name }));
}

/** The path from the root on, without `.` and `..`; undefined if it is unknown. */
function absolute(path: string): string | undefined {
  let base = "";
  if (!path.startsWith("/")) {
    try {
      base = workingFolder();
    } catch {
      return undefined; // the working directory was removed, or is not permitted
    }
  }
  const parts: string[] = [];
  for (const part of `${base}/${path}`.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

/** Whether all that a name is for is granted: a part of it may be denied. */
const isWholly = ({ state, partial }: PermissionState) =>
  state === "granted" && !partial;
const isNotDenied = ({ state }: PermissionState) => state !== "denied";

/** A permission that a program lacks for a local socket. */
interface Lack {
  /** What it is for: `read`, `write`, `net`, or `all`. */
  readonly access: string;
  /** What it is needed to, for a message. */
  readonly to: string;
  /** What the flag needs behind its name; undefined if it is for everything. */
  readonly scope?: string;
}

/**
 * Throws, as `Deno.connect` and `Deno.listen` with `transport: "unix"` do, if the
 * program may not use a local socket: a path needs read, write and net access (to
 * everything, or to `unix:` and the path), a name of Linux that is no path
 * (`"\0name"`) needs net access.
 *
 * @throws {Error} `Deno.errors.NotCapable`, if any of them is not granted.
 */
export function requireUnix(path: string): void {
  refuseFirst(lacksOf(path, isWholly));
}

/**
 * Throws if a permission that a local socket needs was denied, as by `--deny-read`.
 * None of them need have been granted.
 *
 * @throws {Error} `Deno.errors.NotCapable`, if one was denied.
 */
export function requireUnixNotDenied(path: string): void {
  refuseFirst(lacksOf(path, isNotDenied));
}

/** Returns the flags that a program lacks to use a local socket, as a shell takes them. */
export function missingUnixFlags(path: string): string[] {
  return Array.from(lacksOf(path, isWholly), ({ access, scope }) => {
    const flag = `--allow-${access}`;
    // A comma separates paths in a flag, and cannot be escaped as of Deno 2.9.
    if (scope === undefined || scope.includes(",")) return flag;
    return /^[\w@%+=:./-]*$/.test(scope)
      ? `${flag}=${scope}`
      : `${flag}='${scope.replaceAll("'", "'\\''")}'`;
  });
}

function refuseFirst(lacks: Iterable<Lack>): void {
  for (const { access, to } of lacks) {
    throw makeError(
      "NotCapable",
      `Requires ${access} access to ${to}, run again with the --allow-${access} flag`,
    );
  }
}

function* lacksOf(
  path: string,
  isGood: (status: PermissionState) => boolean,
): Generator<Lack> {
  if (path === "" || path.startsWith("\0")) {
    // That some hosts are denied does not count here, for the runtime either.
    const { state } = permissionState({ name: "net" });
    if (!isGood({ state, partial: false })) {
      yield { access: "net", to: "local sockets" };
    }
    return;
  }
  const full = absolute(path);
  // The bytes of a path that is no text, as a sender may have, are not known here.
  const isKnown = full !== undefined && !full.includes("\uFFFD");
  const to = `"${path}"`;
  for (const name of ["read", "write"] as const) {
    const scope = isKnown ? { name, path } : { name };
    if (!isGood(permissionState(scope))) {
      yield { access: name, to, scope: path };
    }
  }
  const isSpecial = isKnown && SPECIAL.test(full);
  if (isSpecial && isGood === isWholly && !EVERYTHING.every(isWhole)) {
    yield { access: "all", to };
  }
  const scope = isKnown ? { host: `unix:${full}` } : {};
  if (isGood(permissionState({ name: "net", ...scope }))) return;
  const name = `unix:${full ?? path}`;
  yield { access: "net", to: `"${name}"`, scope: name };
}
