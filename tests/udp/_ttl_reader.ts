import { hasProgram } from "../_programs.ts";

/** Prints its port, then the TTL or hop limit of each datagram, a line each. */
const PROGRAM = `
import socket, struct, sys
family, group, via = sys.argv[1:]
if family == "4":
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IP, 12, 1)  # IP_RECVTTL
    s.bind(("0.0.0.0", 0))
    membership = socket.inet_aton(group) + socket.inet_aton(via)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
else:
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1)
    s.bind(("::", 0))
    membership = socket.inet_pton(socket.AF_INET6, group) + struct.pack("=I", int(via))
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, membership)
print(s.getsockname()[1], flush=True)
while True:
    _, [(_, _, ttl)], _, _ = s.recvmsg(100, 100)
    print(struct.unpack("=i", ttl)[0], flush=True)
`;

/** A receiver that tells what no API of the runtime does: IP_RECVTTL. */
export class TtlReader implements AsyncDisposable {
  /** Whether there is a Python to run it. */
  static readonly isInstalled: boolean = hasProgram("python3");
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  #port = 0;
  #rest = "";

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Starts one that is a member of a group, too. */
  static async start(
    family: 4 | 6,
    group: string,
    via: string | number,
  ): Promise<TtlReader> {
    const child = new Deno.Command("python3", {
      args: ["-c", PROGRAM, String(family), group, String(via)],
      stdin: "null",
      stdout: "piped",
    }).spawn();
    const reader = new TtlReader(child);
    reader.#port = await reader.next();
    return reader;
  }

  /** Where it receives. */
  get port(): number {
    return this.#port;
  }

  /** The TTL of the next datagram. */
  async next(): Promise<number> {
    while (!this.#rest.includes("\n")) {
      const { value, done } = await this.#lines.read();
      if (done) throw new Error("python3 has ended");
      this.#rest += value;
    }
    const [line, ...rest] = this.#rest.split("\n");
    this.#rest = rest.join("\n");
    return Number(line);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // it has ended already
    }
    await this.#child.status;
    await this.#lines.cancel();
  }
}
