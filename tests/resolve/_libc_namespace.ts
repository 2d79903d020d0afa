/**
 * Compares the default resolver's answers with libc's, inside the namespaces
 * that libc was asked in, and prints the differences.
 *
 * @module
 */
import { Resolver } from "../../resolve/mod.ts";
import { DnsServer } from "./_dns_server.ts";
import { addrInfoDifferences, nameInfoDifferences } from "./_libc_compare.ts";
import { libcFault, libcZone } from "./_libc_zone.ts";
import { enterNamespace } from "./_namespace.ts";

enterNamespace();
await using _server = await DnsServer.start(libcZone, libcFault, { port: 53 });
const resolver = new Resolver();
console.log(JSON.stringify([
  ...await addrInfoDifferences(resolver),
  ...await nameInfoDifferences(resolver),
]));
