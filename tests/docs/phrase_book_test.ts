import { assert, assertEquals } from "@std/assert";
import { docsOf, ENTRY_POINTS, publicNames } from "../../_tools/api_docs.ts";

const BOOK = Deno.readTextFileSync(
  new URL("../../docs/phrase_book.md", import.meta.url),
);
const ROWS = [...BOOK.matchAll(/^\| (?!-)(.*) \|$/gm)]
  .map(([, row]) => row!.split(" | ").map((cell) => cell.trim()))
  .filter(([first]) => first !== "C");

/** The pieces of code in a text. */
function codeIn(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code!);
}

const PROSE = BOOK.replaceAll(/```[^]*?```/g, "");

const CLASSIC = `
  socket bind listen accept connect send recv sendto recvfrom sendmsg recvmsg
  sendmmsg recvmmsg readv writev sockatmark shutdown close getsockname getpeername getsockopt setsockopt
  select pselect poll ppoll socketpair read write
  gethostbyname gethostbyaddr getservbyname getservbyport getprotobyname
  getaddrinfo freeaddrinfo getnameinfo gai_strerror strerror perror
  gethostent getservent getprotoent if_nameindex gethostname ioctl
  inet_pton inet_ntop inet_addr inet_ntoa htons htonl ntohs ntohl
  if_nametoindex if_indextoname SIGPIPE fcntl O_NONBLOCK SO_RCVTIMEO SO_SNDTIMEO
  SO_LINGER SO_REUSEADDR SO_REUSEPORT SO_KEEPALIVE SO_RCVBUF SO_SNDBUF SO_ERROR
  SO_BROADCAST TCP_NODELAY TCP_INFO IPV6_V6ONLY IP_TTL IP_ADD_MEMBERSHIP
  MSG_PEEK MSG_WAITALL MSG_DONTWAIT MSG_OOB MSG_NOSIGNAL
`.trim().split(/\s+/);

Deno.test("the phrase book has every call of the classic texts", () => {
  const known = new Set(codeIn(PROSE).flatMap((code) => code.split(/\W+/)));
  assertEquals(CLASSIC.filter((call) => !known.has(call)), []);
});

Deno.test("the phrase book names only what there is", async () => {
  const names = new Set<string>();
  for (const [, path] of ENTRY_POINTS) {
    for (const name of publicNames(await docsOf(path))) names.add(name);
  }
  for (const own of ["code", "errno", "message"]) names.add(own); // of errors
  let count = 0;
  for (const cell of ROWS.flatMap(([, ...cells]) => cells)) {
    for (const code of codeIn(cell)) {
      // Runtime's own, and what is no name of anything.
      if (/^(Deno|Promise)\./.test(code)) continue;
      const used = [
        ...code.matchAll(/(?<!["\w])([A-Za-z]\w*)(?=\()/g), // called
        ...code.matchAll(/(?<=\.)([A-Za-z]\w*)/g), // a member
        ...code.matchAll(/\b((?:MSG|SHUT|SOCK|AF)_\w+)\b/g),
        ...code.matchAll(/(?<=^\w+\(\{ )([\w, ]+)(?= \}\))/g), // settings
      ].flatMap(([, name]) => name!.split(", "));
      for (const name of used) {
        assert(names.has(name), `there is no ${name}, in "${code}"`);
        count++;
      }
    }
  }
  assert(count > 100, "the tables were read");
});
