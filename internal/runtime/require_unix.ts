/** Where files stand for something else than data on Linux. */
const SPECIAL = /^\/(dev|proc|sys)(\/|$)/;
/** What `--allow-all` grants. */
const EVERYTHING = [
  ...["read", "write", "net", "env", "run", "sys", "ffi", "import"] as const,
];

function isWhole(name: (typeof EVERYTHING)[number]): boolean {
  return isGranted(
    Deno.permissions.querySync({ name } as Deno.PermissionDescriptor),
  );
}

/** The path from the root on, without `.` and `..`; undefined if it is unknown. */
function absolute(path: string): string | undefined {
  let base = "";
  if (!path.startsWith("/")) {
    try {
      base = Deno.cwd();
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

type Status = Pick<Deno.PermissionStatus, "state" | "partial">;

/** Whether all that a name is for is granted: a part of it may be denied. */
const isGranted = ({ state, partial }: Status) =>
  state === "granted" && !partial;
const isNotDenied = ({ state }: Status) => state !== "denied";

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
 * @throws {Deno.errors.NotCapable} If any of them is not granted.
 */
export function requireUnix(path: string): void {
  refuseFirst(lacksOf(path, isGranted));
}

/**
 * Throws if a permission that a local socket needs was denied, as by `--deny-read`.
 * None of them need have been granted.
 *
 * @throws {Deno.errors.NotCapable} If one was denied.
 */
export function requireUnixNotDenied(path: string): void {
  refuseFirst(lacksOf(path, isNotDenied));
}

/** Returns the flags that a program lacks to use a local socket, as a shell takes them. */
export function missingUnixFlags(path: string): string[] {
  return Array.from(lacksOf(path, isGranted), ({ access, scope }) => {
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
    throw new Deno.errors.NotCapable(
      `Requires ${access} access to ${to}, run again with the --allow-${access} flag`,
    );
  }
}

function* lacksOf(
  path: string,
  isGood: (status: Status) => boolean,
): Generator<Lack> {
  if (path === "" || path.startsWith("\0")) {
    // That some hosts are denied does not count here, for the runtime either.
    const { state } = Deno.permissions.querySync({ name: "net" });
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
    if (!isGood(Deno.permissions.querySync(scope))) {
      yield { access: name, to, scope: path };
    }
  }
  const isSpecial = isKnown && SPECIAL.test(full);
  if (isSpecial && isGood === isGranted && !EVERYTHING.every(isWhole)) {
    yield { access: "all", to };
  }
  const scope = isKnown ? { host: `unix:${full}` } : {};
  if (isGood(Deno.permissions.querySync({ name: "net", ...scope }))) return;
  const name = `unix:${full ?? path}`;
  yield { access: "net", to: `"${name}"`, scope: name };
}
