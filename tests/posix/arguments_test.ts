/** Calls that return a promise reject for bad arguments, and never throw. */
import { assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { ClosedError } from "@berkeley/sockets/errors";
import {
  AF_UNIX,
  type PosixSocket,
  SOCK_STREAM,
  socketPair,
} from "../../posix/mod.ts";
import { eachPosixFamily, posixTest } from "./_setup.ts";

/** Any of the methods, with arguments of any type. */
type Method = (...args: unknown[]) => Promise<unknown>;

const BUFFER = new Uint8Array(1);
const BAD_WAITS = [
  { timeout: "5" },
  { timeout: null },
  { timeout: -1 },
  { timeout: NaN },
  { signal: {} },
];

/** Each method, with arguments that it refuses. */
const BAD: Record<string, unknown[][]> = {
  accept: BAD_WAITS.map((options) => [options]),
  connect: [[], [null], ["text"], [{}], [{ hostname: 1, port: 1 }]],
  send: [[], [null], ["text"], [[1]], [BUFFER, { flags: "1" }]],
  recv: [[], [null], ["text"], [new ArrayBuffer(1)]],
  sendTo: [[], [BUFFER], [BUFFER, null], [null, { hostname: "::1", port: 1 }]],
  recvFrom: [[], [null], ["text"], [BUFFER, { flags: {} }]],
  sendMsg: [[], [null], [{}], [{ data: [1] }]],
  recvMsg: [[], [null], [[null]], [BUFFER, { controlSize: -1 }]],
  sendMany: [[], [null], [{}]],
  recvMany: [[], [null], [{}]],
};
for (const name of ["send", "recv", "recvFrom", "recvMsg"]) {
  BAD[name]!.push(...BAD_WAITS.map((options) => [BUFFER, options]));
}

eachPosixFamily("calls with bad arguments reject", async ({ bind }) => {
  using socket = bind();
  for (const [name, table] of Object.entries(BAD)) {
    const method = socket[name as keyof PosixSocket] as unknown as Method;
    for (const args of table) {
      const error = await assertRejects(() => {
        const promise: unknown = method.apply(socket, args);
        assertInstanceOf(promise, Promise, `${name} returns a promise`);
        return promise;
      }, Error);
      const isOfShape = error instanceof TypeError ||
        error instanceof RangeError;
      if (!isOfShape) throw new Error(`${name}: ${error}`, { cause: error });
    }
  }
});

posixTest("options of a closed socket reach no other socket", () => {
  const [a, b] = socketPair(AF_UNIX, SOCK_STREAM);
  using _b = b;
  let other: [PosixSocket, PosixSocket] | undefined;
  const value = {
    get address() {
      a.close();
      other = socketPair(AF_UNIX, SOCK_STREAM); // which takes its number
      return "239.0.0.1";
    },
    interface: 0,
  };
  assertThrows(() => a.setSockOpt("IP_ADD_MEMBERSHIP", value), ClosedError);
  const [c, d] = other!;
  assertThrows(() => a.setSockOpt("SO_KEEPALIVE", true), ClosedError);
  assertThrows(() => a.getSockOpt("SO_KEEPALIVE"), ClosedError);
  c.close();
  d.close();
});
