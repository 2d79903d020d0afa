/** Multicast over links; run by namespace_test.ts in a namespace of its own. */
import { assertEquals, assertRejects } from "@std/assert";
import { bindUdp, type UdpSocket } from "@berkeley/sockets/udp";
import {
  AddressInUseError,
  AddressNotAvailableError,
} from "@berkeley/sockets/errors";
import { FAMILIES } from "../_each_family.ts";
import { BACKENDS, bytes, text } from "./_each_transport.ts";
import { lacks } from "./_lacks.ts";
import { type LinkEnd, makeLinks } from "./_links.ts";
import { TtlReader } from "./_ttl_reader.ts";

const { left, right } = makeLinks();
const SOON = { timeout: 20_000 };

const GROUPS = { 4: "239.255.42.99", 6: "ff02::4242" };
const OTHER_GROUPS = { 4: "239.255.42.98", 6: "ff02::4241" };
const SOURCE_GROUPS = { 4: "232.42.42.42", 6: "ff3e::4242" };

type Via = (end: LinkEnd) => string | number;

/** In which ways an interface can be told. */
const WAYS: { family: 4 | 6; how: string; via: Via }[] = [
  { family: 4, how: "by its address", via: ({ v4 }) => v4 },
  { family: 6, how: "by its index", via: ({ index }) => index },
  { family: 6, how: "by its name", via: ({ name }) => name },
];

/** A sender that has every option, whatever the member is carried by. */
async function sendFrom(
  near: LinkEnd,
  family: 4 | 6,
  hostname = family === 4 ? near.v4 : near.v6,
): Promise<UdpSocket> {
  const socket = await bindUdp({ hostname, backend: "node" });
  socket.setMulticastInterface(family === 4 ? near.v4 : near.index);
  return socket;
}

/** What the member hears first, in the end a datagram to itself alone. */
async function firstHeard(member: UdpSocket, family: 4 | 6): Promise<string> {
  const hostname = family === 4 ? "127.0.0.1" : "::1";
  using last = await bindUdp({ hostname, backend: "node" });
  const { port } = member.localAddr;
  await last.sendTo(bytes("nothing"), { hostname, port });
  return text((await member.receive(SOON)).data);
}

for (const backend of BACKENDS) {
  for (const { family, how, via } of WAYS) {
    const name = `an IPv${family} member that joined by an interface ${how}`;
    const any = family === 4 ? "0.0.0.0" : "::";

    Deno.test(`${name} hears the group until it leaves, over ${backend}`, async () => {
      using member = await bindUdp({ hostname: any, backend });
      const group = GROUPS[family];
      const onFar = { interface: via(left.far) };
      const onOther = { interface: via(right.far) };
      using sender = await sendFrom(left.near, family);
      using other = await sendFrom(right.near, family);
      const to = { hostname: group, port: member.localAddr.port };

      await sender.sendTo(bytes("too early"), to);
      assertEquals(await firstHeard(member, family), "nothing");

      await member.joinMulticast(group, onFar);
      await other.sendTo(bytes("not there"), to);
      await sender.sendTo(bytes("member"), to);
      const heard = await member.receive(SOON);
      assertEquals(text(heard.data), "member");
      assertEquals(heard.address.port, sender.localAddr.port);

      await member.joinMulticast(group, onOther);
      await other.sendTo(bytes("there, too"), to);
      assertEquals(text((await member.receive(SOON)).data), "there, too");

      await member.leaveMulticast(group, onFar);
      await sender.sendTo(bytes("gone"), to);
      await other.sendTo(bytes("still there"), to);
      assertEquals(text((await member.receive(SOON)).data), "still there");

      await member.leaveMulticast(group, onOther);
      await other.sendTo(bytes("gone"), to);
      assertEquals(await firstHeard(member, family), "nothing");
      await assertRejects(
        () => member.leaveMulticast(group, onOther),
        AddressNotAvailableError,
      );
    });

    Deno.test(`an IPv${family} sender leaves by the interface told ${how}, over ${backend}`, async () => {
      using sender = await bindUdp({ hostname: any, backend });
      const setVia = (near: LinkEnd) => sender.setMulticastInterface(via(near));
      if (await lacks(backend, family, "interface", () => setVia(left.near))) {
        return;
      }
      using member = await bindUdp({ hostname: any, backend });
      const to = { hostname: GROUPS[family], port: member.localAddr.port };
      for (
        const [wanted, unwanted] of [[left, right], [right, left]] as const
      ) {
        const options = { interface: via(wanted.far) };
        await member.joinMulticast(to.hostname, options);
        setVia(unwanted.near);
        await sender.sendTo(bytes("unwanted"), to);
        setVia(wanted.near);
        await sender.sendTo(bytes("wanted"), to);
        assertEquals(text((await member.receive(SOON)).data), "wanted");
        await member.leaveMulticast(to.hostname, options);
      }
    });
  }

  for (const { family, any } of FAMILIES) {
    const there = family === 4 ? left.far.v4 : left.far.index;

    Deno.test(`an IPv${family} member of a source hears that source alone, over ${backend}`, async () => {
      using member = await bindUdp({ hostname: any, backend });
      const [source, stranger] = family === 4
        ? [left.near.v4, right.near.v4]
        : [left.near.v6, right.near.v6];
      const group = SOURCE_GROUPS[family];
      const options = { interface: there, source };
      const join = () => member.joinMulticast(group, options);
      if (await lacks(backend, family, "source", join)) return;
      using wanted = await sendFrom(left.near, family, source);
      using unwanted = await sendFrom(left.near, family, stranger);
      const to = { hostname: group, port: member.localAddr.port };
      await join();
      await assertRejects(join, AddressInUseError);
      await unwanted.sendTo(bytes("unwanted"), to);
      await wanted.sendTo(bytes("wanted"), to);
      const heard = await member.receive(SOON);
      assertEquals(text(heard.data), "wanted");
      assertEquals(heard.address, wanted.localAddr);
      await member.leaveMulticast(group, options);
      await wanted.sendTo(bytes("gone"), to);
      assertEquals(await firstHeard(member, family), "nothing");
    });

    Deno.test(`without loopback an IPv${family} group is heard beyond the link alone, over ${backend}`, async () => {
      using sender = await bindUdp({ hostname: any, backend });
      const turnOff = () => sender.setMulticastLoopback(false);
      if (await lacks(backend, family, "loopback", turnOff)) return;
      const here = family === 4 ? left.near.v4 : left.near.index;
      sender.setMulticastInterface(here);
      using near = await bindUdp({ hostname: any, backend });
      using far = await bindUdp({ hostname: any, backend });
      await near.joinMulticast(GROUPS[family], { interface: here });
      await far.joinMulticast(OTHER_GROUPS[family], { interface: there });
      const toNear = { hostname: GROUPS[family], port: near.localAddr.port };
      const toFar = {
        hostname: OTHER_GROUPS[family],
        port: far.localAddr.port,
      };
      turnOff();
      await sender.sendTo(bytes("off"), toNear);
      await sender.sendTo(bytes("off"), toFar);
      assertEquals(text((await far.receive(SOON)).data), "off");
      sender.setMulticastLoopback(true);
      await sender.sendTo(bytes("on"), toNear);
      assertEquals(text((await near.receive(SOON)).data), "on");
    });

    Deno.test({
      name:
        `an IPv${family} datagram has the hop limit that was set, over ${backend}`,
      ignore: !TtlReader.isInstalled,
      async fn() {
        using sender = await bindUdp({ hostname: any, backend });
        const setMulticast = () => sender.setMulticastTtl(7);
        if (await lacks(backend, family, "ttl", () => sender.setTtl(7))) {
          await lacks(backend, family, "ttl", setMulticast);
          return;
        }
        const group = GROUPS[family];
        sender.setMulticastInterface(
          family === 4 ? left.near.v4 : left.near.index,
        );
        await using reader = await TtlReader.start(family, group, there);
        const { port } = reader;
        const loopback = family === 4 ? "127.0.0.1" : "::1";
        const ask = async (hostname: string) => {
          await sender.sendTo(bytes("?"), { hostname, port });
          return await reader.next();
        };
        assertEquals(await ask(group), 1);
        for (const [multicast, unicast] of [[7, 9], [255, 255], [1, 1]]) {
          sender.setMulticastTtl(multicast!);
          sender.setTtl(unicast!);
          assertEquals(await ask(group), multicast);
          assertEquals(await ask(loopback), unicast);
        }
      },
    });
  }
}
