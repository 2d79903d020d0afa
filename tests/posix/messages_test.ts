/** How messages show what callers pass. */
import { assertThrows } from "@std/assert";
import {
  AF_INET,
  AF_INET6,
  interfaceIndex,
  MessageBatch,
  SOCK_STREAM,
  socket,
} from "@berkeley/sockets/posix";
import { HAS_POSIX } from "../_posix.ts";

/** The text of a value instead of the value, past the compiler. */
// deno-lint-ignore no-explicit-any -- any type is what is tried
const text = (value: string): any => value;

Deno.test({
  name: "messages of posix say what is needed, and quote text",
  ignore: !HAS_POSIX,
  fn() {
    using s = socket(AF_INET, SOCK_STREAM);
    const cases: [() => unknown, string][] = [
      [
        () => s.listen(-1),
        "Cannot use backlog -1: it must be an integer of 0 or more",
      ],
      [
        () => s.listen(1.5),
        "Cannot use backlog 1.5: it must be an integer of 0 or more",
      ],
      [() => s.listen(text("8")), 'backlog "8": it must be an integer'],
      [
        () => s.bind({ hostname: "127.0.0.1", port: text("80") }),
        'port "80": it must be an integer',
      ],
      [() => s.bind({ hostname: "::1", port: 0 }), 'use "::1": the socket'],
      [() => s.bind(text("x")), 'the address "x": not an object'],
      [() => s.shutdown(text("0")), 'shut down "0": it must be'],
      [() => s.spin = text("x"), 'spin for "x" µs'],
      [
        () => s.setSockOpt("SO_RCVBUF", text("9000")),
        'SO_RCVBUF to "9000": not an int of C',
      ],
      [
        () => s.setSockOpt("SO_KEEPALIVE", text("true")),
        'SO_KEEPALIVE to "true": not a boolean',
      ],
      [() => socket(text("2"), SOCK_STREAM), 'family "2": it must be'],
      [() => socket(AF_INET, text("1")), 'type "1": it must be'],
      [() => socket(AF_INET6, SOCK_STREAM, text("6")), 'protocol "6"'],
      [() => interfaceIndex("no such one"), 'the zone "no such one": no'],
      [
        () => new MessageBatch({ capacity: text("8") }),
        'capacity "8": it must be',
      ],
    ];
    for (const [call, message] of cases) {
      assertThrows(call, Error, message);
    }
  },
});
