/**
 * Finding devices and services on the local network by multicast: SSDP, the
 * discovery of UPnP.
 *
 * @module
 */
import { bindUdp } from "@berkeley/sockets";
import { parseArgs } from "@std/cli/parse-args";

const USAGE = `Usage: discover [search | announce] [options]

Prints who answers a search; or announces a service, until Ctrl-C.

  --target TEXT      what to search for (ssdp:all), or what to announce
                     (upnp:rootdevice)
  --wait SECONDS     how long to wait for answers, 2 to 6 (3)
  --location URL     where the announced service describes itself
  --from ADDRESS     the address of the interface to use (the system's choice)
  --port NUMBER      1900, unless both sides agree on another
  -h, --help         this text

  discover
  discover search --target upnp:rootdevice --from 192.0.2.7
  discover announce --target urn:example:service:printer:1`;

const GROUP = "239.255.255.250";

/** How many answers are kept track of: anybody may send them. */
const MOST = 1000;

/** A message in the manner of HTTP: a first line, and headers by name. */
interface Message {
  start: string;
  headers: Map<string, string>;
}

function parseMessage(data: Uint8Array): Message {
  const [start = "", ...lines] = new TextDecoder().decode(data).split(/\r?\n/);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name, value] = /^([\w.-]+):\s*(.*?)\s*$/.exec(line) ?? [];
    if (name !== undefined) headers.set(name.toLowerCase(), value!);
  }
  return { start, headers };
}

function formatMessage(start: string, headers: Record<string, string>) {
  const lines = Object.entries(headers).map(([name, value]) =>
    `${name}: ${value}\r\n`
  );
  return `${start}\r\n${lines.join("")}\r\n`;
}

/** What others sent, fit for a terminal. */
function printable(text = ""): string {
  return text.replace(/[^\x20-\x7e]/g, "?");
}

/** Where and for how long to search or to announce. */
interface Place {
  from: string;
  port: number;
  seconds: number;
}

/** Asks the group, and prints each answer once, as it comes. */
async function search(target: string, { from, port, seconds }: Place) {
  using socket = await bindUdp({ hostname: from });
  const question = formatMessage("M-SEARCH * HTTP/1.1", {
    HOST: `${GROUP}:${port}`,
    MAN: '"ssdp:discover"',
    MX: String(Math.floor(seconds) - 1), // within which to answer
    ST: target,
  });
  // Twice, since nobody tells when one is lost.
  for (const _ of [1, 2]) {
    await socket.sendTo(question, { hostname: GROUP, port });
  }
  const seen = new Set<string>();
  const timer = setTimeout(() => socket.close(), seconds * 1000);
  for await (const { data, address } of socket) {
    const { start, headers } = parseMessage(data);
    const name = headers.get("usn") ?? "";
    const isNew = start.startsWith("HTTP/1.1 200") && !seen.has(name);
    if (!isNew || seen.size >= MOST) continue;
    seen.add(name);
    console.log(`${address.hostname}  ${printable(headers.get("st"))}`);
    console.log(`  ${printable(headers.get("location"))}`);
  }
  clearTimeout(timer);
  if (seen.size === 0) throw new Error(`Nobody answered for ${seconds} s`);
}

/** Answers those who search for the target, until it is interrupted. */
async function announce(target: string, location: string, place: Place) {
  const { from, port } = place;
  using socket = await bindUdp({
    hostname: "0.0.0.0",
    port,
    reuseAddress: true,
  });
  await socket.joinMulticast(GROUP, { interface: from });
  console.log(`Announcing ${target} on port ${socket.localAddr.port}`);
  Deno.addSignalListener("SIGINT", function stop() {
    Deno.removeSignalListener("SIGINT", stop);
    socket.close();
  });

  const answer = formatMessage("HTTP/1.1 200 OK", {
    "CACHE-CONTROL": "max-age=1800",
    EXT: "",
    LOCATION: location,
    ST: target,
    USN: `uuid:${crypto.randomUUID()}::${target}`,
  });
  const answering = new Set<ReturnType<typeof setTimeout>>();
  for await (const { data, address } of socket) {
    const { start, headers } = parseMessage(data);
    const wanted = headers.get("st");
    const isForUs = start === "M-SEARCH * HTTP/1.1" &&
      headers.get("man") === '"ssdp:discover"' &&
      (wanted === target || wanted === "ssdp:all");
    if (!isForUs || answering.size >= MOST) continue;
    // At a time of our own, lest all devices of a network answer at once.
    const most = Math.min(Number(headers.get("mx")) || 1, 5);
    const timer = setTimeout(() => {
      answering.delete(timer);
      const { hostname, port } = address;
      socket.sendTo(answer, address).then(
        () => console.log(`Answered ${hostname} port ${port}`),
        (error) => console.error(error.message),
      );
    }, Math.random() * most * 1000);
    answering.add(timer);
  }
  for (const timer of answering) clearTimeout(timer);
}

/** Runs the example. */
export async function main(args: string[]): Promise<void> {
  const options = parseArgs(args, {
    boolean: ["help"],
    string: ["target", "wait", "location", "from", "port"],
    default: { wait: "3", location: "", from: "0.0.0.0", port: "1900" },
    alias: { help: "h" },
    unknown: (word, option) => {
      if (option !== undefined) throw new TypeError(`No such option: ${word}`);
    },
  });
  if (options.help) return console.log(USAGE);
  const { target, from, location, _: [role = "search"] } = options;
  const place = {
    from,
    port: Number(options.port),
    seconds: Number(options.wait),
  };
  if (!(place.seconds >= 2 && place.seconds <= 6)) {
    throw new RangeError(`Cannot wait ${options.wait} s: it must be 2 to 6`);
  }
  if (role === "search") await search(target ?? "ssdp:all", place);
  else if (role === "announce") {
    await announce(target ?? "upnp:rootdevice", location, place);
  } else throw new TypeError(`Cannot ${role}: search or announce`);
}

if (import.meta.main) {
  await main(Deno.args).catch((error) => {
    console.error(error.message);
    const isMisuse = /^(Type|Range|Syntax)Error$/.test(error.name);
    Deno.exit(isMisuse ? 2 : 1);
  });
}
