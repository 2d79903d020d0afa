/** What the message of an unsupported feature needs to know. */
export interface Lack {
  /** The backend that lacks the feature. */
  readonly backend: string;
  /** What it cannot do: a verb and its object. */
  readonly what: string;
  /** What to do instead, the best first. */
  readonly hints: readonly string[];
  /** The system. */
  readonly os?: typeof Deno.build.os | undefined;
}

/** Returns the reason of an ENOTSUP error: what is missing, and what to do instead. */
export function lackReason(
  { backend, what, hints, os = Deno.build.os }: Lack,
): string {
  const hint = hints.length === 0
    ? `no backend can on ${os}`
    : hints.join(", or ");
  return `the "${backend}" backend cannot ${what}; ${hint}`;
}

/** Returns the hint to set an option of C, where libc has it. */
export function optionHint(
  option: string,
  isOpening: boolean,
  os: typeof Deno.build.os = Deno.build.os,
): string[] {
  if (os !== "linux" && os !== "darwin") return [];
  return [
    isOpening
      ? `with --allow-ffi pass socketOptions: { ${option}: … }`
      : `with --allow-ffi use setOption("${option}", …)`,
  ];
}

/** Returns the hint to open the socket over another backend. */
export function backendHint(
  verb: string,
  backend: string,
  flag?: string,
): string {
  const needs = flag === undefined ? "" : `, which needs ${flag}`;
  return `${verb} with backend: "${backend}"${needs}`;
}
