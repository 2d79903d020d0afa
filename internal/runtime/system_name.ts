import { nodeProcess } from "./_node.ts";
import { isDeno } from "./is_deno.ts";

/** The name of an operating system, as `Deno.build.os` has it. */
export type SystemName =
  | "darwin"
  | "linux"
  | "android"
  | "windows"
  | "freebsd"
  | "netbsd"
  | "aix"
  | "solaris"
  | "illumos";

/** Node's names, where they are others. */
const NODE_SYSTEMS: Readonly<Record<string, SystemName>> = {
  win32: "windows",
  sunos: "solaris",
};
const NODE_MACHINES: Readonly<Record<string, string>> = {
  x64: "x86_64",
  arm64: "aarch64",
};

/** The operating system. */
export const SYSTEM: SystemName = isDeno ? Deno.build.os : nodeSystem();

/** The machine's architecture, as `Deno.build.arch` has it: `"x86_64"`, `"aarch64"`. */
export const MACHINE: string = isDeno ? Deno.build.arch : nodeMachine();

function nodeSystem(): SystemName {
  const { platform } = nodeProcess();
  return NODE_SYSTEMS[platform] ?? platform as SystemName;
}

function nodeMachine(): string {
  const { arch } = nodeProcess();
  return NODE_MACHINES[arch] ?? arch;
}
