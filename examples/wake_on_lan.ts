/**
 * Wake-on-LAN: the magic packet that switches on a sleeping host, by broadcast.
 *
 * @module
 */
import { bindUdp } from "@berkeley/sockets";
import { parseArgs } from "@std/cli/parse-args";

const USAGE = `Usage: wake_on_lan [options] MAC...

  --broadcast ADDRESS   whom to send to (255.255.255.255); a router may pass on
                        the broadcast address of another network
  --port NUMBER         the port to send to (9)
  --from ADDRESS        the address of the interface to leave by (0.0.0.0)
  --password BYTES      SecureOn: 4 or 6 bytes, written like a MAC
  --count NUMBER        how often to send each packet (3)
  -h, --help            this text

  wake_on_lan 02:00:5e:00:53:01
  wake_on_lan --broadcast 192.0.2.255 02-00-5e-00-53-01`;

/** The bytes of a text such as `02:00:5e:00:53:01`, if it has so many. */
function parseBytes(what: string, text: string, counts: number[]): Uint8Array {
  const bytes = text.split(/[:-]/);
  if (counts.includes(bytes.length) && bytes.every(isByte)) {
    return Uint8Array.from(bytes, (byte) => parseInt(byte, 16));
  }
  throw new SyntaxError(
    `Cannot use ${what} "${text}": it reads like 02:00:5e:00:53:01`,
  );
}

function isByte(text: string): boolean {
  return /^[0-9a-f]{2}$/i.test(text);
}

/** Six bytes of 0xff, sixteen times the address, and the password, if any. */
function magicPacket(mac: string, password?: string): Uint8Array {
  const address = parseBytes("MAC address", mac, [6]);
  const secret = password === undefined
    ? []
    : parseBytes("password", password, [4, 6]);
  const packet = new Uint8Array(102 + secret.length).fill(0xff);
  for (let at = 6; at < 102; at += 6) packet.set(address, at);
  packet.set(secret, 102);
  return packet;
}

/** Runs the example. */
export async function main(args: string[]): Promise<void> {
  const options = parseArgs(args, {
    boolean: ["help"],
    string: ["broadcast", "port", "from", "password", "count"],
    default: {
      broadcast: "255.255.255.255",
      port: "9",
      from: "0.0.0.0",
      count: "3",
    },
    alias: { help: "h" },
    unknown: (word, option) => {
      if (option !== undefined) throw new TypeError(`No such option: ${word}`);
    },
  });
  const macs = options._.map(String);
  if (options.help) return console.log(USAGE);
  if (macs.length === 0) throw new TypeError("Say whom to wake: a MAC address");
  const { broadcast: hostname, from } = options;
  const port = Number(options.port);
  const count = Number(options.count);
  if (!(count >= 1)) throw new RangeError(`Cannot send ${options.count} times`);
  const packets = macs.map((mac) => magicPacket(mac, options.password));

  using socket = await bindUdp({ hostname: from, broadcast: true });
  for (const [i, packet] of packets.entries()) {
    for (let sent = 0; sent < count; sent++) {
      await socket.sendTo(packet, { hostname, port });
    }
    console.log(`Told ${macs[i]} to wake, by ${hostname} port ${port}`);
  }
}

if (import.meta.main) {
  await main(Deno.args).catch((error) => {
    console.error(error.message);
    const isMisuse = /^(Type|Range|Syntax)Error$/.test(error.name);
    Deno.exit(isMisuse ? 2 : 1);
  });
}
