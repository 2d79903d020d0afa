/**
 * Where each operating system keeps its tables, and their contents or, where
 * they may not be read, the built-in ones.
 */
import { envVariable, SYSTEM } from "../internal/runtime/mod.ts";
import { PROTOCOLS, SERVICES } from "./_service_tables.ts";
import { WatchedFile } from "./_watched_file.ts";
import { HostsTable } from "./hosts.ts";
import { ProtocolTable } from "./protocols.ts";
import { parseResolvConf, type ResolvConf } from "./resolv_conf.ts";
import { ServiceTable } from "./services.ts";

/** The paths of one system's tables. */
export interface SystemPaths {
  /** The hosts file. */
  readonly hosts: string;
  /** The services. */
  readonly services: string;
  /** The protocols. */
  readonly protocols: string;
  /** The resolver's configuration, where there is one. */
  readonly resolvConf: string | undefined;
}

/** The paths on an operating system; macOS has all of them as Linux does. */
export function systemPaths(
  os: string,
  systemRoot = "C:\\Windows",
): SystemPaths {
  if (os === "windows") {
    const folder = `${systemRoot}\\System32\\drivers\\etc\\`;
    return {
      hosts: `${folder}hosts`,
      services: `${folder}services`,
      protocols: `${folder}protocol`,
      resolvConf: undefined,
    };
  }
  return {
    hosts: "/etc/hosts",
    services: "/etc/services",
    protocols: "/etc/protocols",
    resolvConf: "/etc/resolv.conf",
  };
}

let paths: SystemPaths | undefined;
let services: WatchedFile<ServiceTable> | undefined;
let protocols: WatchedFile<ProtocolTable> | undefined;
let builtInServices: ServiceTable | undefined;
let builtInProtocols: ProtocolTable | undefined;

function pathsHere(): SystemPaths {
  return paths ??= SYSTEM === "windows"
    ? systemPaths(SYSTEM, envVariable("SystemRoot"))
    : systemPaths(SYSTEM);
}

/** The system's services, else the built-in ones. */
export function currentServices(): ServiceTable {
  services ??= new WatchedFile(
    pathsHere().services,
    ServiceTable.parse,
    Date.now,
  );
  return services.current() ??
    (builtInServices ??= ServiceTable.parse(SERVICES));
}

/** The system's protocols, else the built-in ones. */
export function currentProtocols(): ProtocolTable {
  protocols ??= new WatchedFile(
    pathsHere().protocols,
    ProtocolTable.parse,
    Date.now,
  );
  return protocols.current() ??
    (builtInProtocols ??= ProtocolTable.parse(PROTOCOLS));
}

/** The hosts file, the system's unless a path is given. */
export function watchHosts(
  path: string | undefined,
  now: () => number,
): WatchedFile<HostsTable> {
  return new WatchedFile(path ?? pathsHere().hosts, HostsTable.parse, now);
}

/** The resolver's configuration; undefined where this system has no such file. */
export function watchResolvConf(
  now: () => number,
): WatchedFile<ResolvConf> | undefined {
  const path = pathsHere().resolvConf;
  return path === undefined
    ? undefined
    : new WatchedFile(path, parseResolvConf, now);
}
