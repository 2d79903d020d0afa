/** Interfaces by name; run by namespace_test.ts in a namespace of its own. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  AF_INET,
  AF_INET6,
  interfaceIndex,
  SOCK_DGRAM,
  socket,
} from "../../posix/mod.ts";
import { requireNewNamespace, run } from "../_namespace.ts";
import { bytes, nameOf, posixTest, SOON, text } from "./_setup.ts";

/** A name as VLANs have it, and names that look like parts of an address. */
const NAMES = ["eth0.100", "1.2.3", "10.0.0.256"];
const GROUP = { 4: "239.1.2.3", 6: "ff02::1:3" };

requireNewNamespace();
run("ip", "link", "set", "lo", "up");
for (const [i, name] of NAMES.entries()) {
  run("ip", "link", "add", name, "type", "veth", "peer", "name", `far${i}`);
  run("ip", "address", "add", `192.0.2.${i + 1}/32`, "dev", name);
  run("ip", "link", "set", name, "up", "multicast", "on");
  run("ip", "link", "set", `far${i}`, "up");
}

for (const name of NAMES) {
  posixTest(`setSockOpt() takes an interface named ${name}`, async () => {
    using sender = socket(AF_INET, SOCK_DGRAM);
    using receiver = socket(AF_INET, SOCK_DGRAM);
    receiver.bind({ hostname: GROUP[4], port: 0 });
    const membership = { address: GROUP[4], interface: name };
    receiver.setSockOpt("IP_ADD_MEMBERSHIP", membership);
    assert(run("ip", "maddress", "show", "dev", name).includes(GROUP[4]));

    sender.setSockOpt("IP_MULTICAST_IF", name);
    await sender.sendTo(bytes("by name"), nameOf(receiver));
    const buffer = new Uint8Array(16);
    const { length, address } = await receiver.recvFrom(buffer, SOON);
    assertEquals(text(buffer, length), "by name");
    const own = `192.0.2.${NAMES.indexOf(name) + 1}`;
    assertEquals((address as { hostname: string }).hostname, own);

    receiver.setSockOpt("IP_DROP_MEMBERSHIP", membership);
    assert(!run("ip", "maddress", "show", "dev", name).includes(GROUP[4]));

    using receiver6 = socket(AF_INET6, SOCK_DGRAM);
    const membership6 = { address: GROUP[6], interface: name };
    receiver6.setSockOpt("IPV6_JOIN_GROUP", membership6);
    assert(run("ip", "maddress", "show", "dev", name).includes("ff02::1:3"));
    receiver6.setSockOpt("IPV6_LEAVE_GROUP", membership6);
    receiver6.setSockOpt("IPV6_MULTICAST_IF", interfaceIndex(name));
    receiver6.setSockOpt("SO_BINDTODEVICE", name);
    assertEquals(receiver6.getSockOpt("SO_BINDTODEVICE"), name);
  }, "inherit");
}

posixTest("setSockOpt() refuses an interface that does not exist", () => {
  using own = socket(AF_INET, SOCK_DGRAM);
  for (const name of ["eth9.9", "1.2", "256.0.0.1"]) {
    const membership = { address: GROUP[4], interface: name };
    assertThrows(
      () => own.setSockOpt("IP_ADD_MEMBERSHIP", membership),
      TypeError,
      name,
    );
    assertThrows(() => own.setSockOpt("IP_MULTICAST_IF", name), TypeError);
  }
});
