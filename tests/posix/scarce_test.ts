/** What calls do when no descriptor is left. */
import { assertEquals } from "@std/assert";
import { posixTest } from "./_setup.ts";
import { MOD, runScript } from "./_script.ts";

/** In front of each script: how many descriptors it may have open. */
const LIMIT = `
// The runtime opens a pair for signals when it first needs to.
const ignore = () => {};
Deno.addSignalListener("SIGUSR1", ignore);
Deno.removeSignalListener("SIGUSR1", ignore);
const { symbols } = Deno.dlopen("libc.so.6", {
  prlimit: { parameters: ["i32", "i32", "buffer", "buffer"], result: "i32" },
});
const RLIMIT_NOFILE = 7;
const limits = new BigUint64Array(2);
symbols.prlimit(0, RLIMIT_NOFILE, null, limits);
/** Lets nothing more be opened, or as much as before. */
function scarce(on) {
  const set = BigUint64Array.of(on ? 3n : limits[0], limits[1]);
  symbols.prlimit(0, RLIMIT_NOFILE, set, null);
}
const codeOf = async (call) => {
  try {
    await call();
    return "done";
  } catch (error) {
    return error.code;
  }
};
const loopback = { hostname: "127.0.0.1", port: 0 };
const buffer = new Uint8Array(8);`;

posixTest("without a descriptor calls fail, and lose nothing", async () => {
  const output = await runScript(
    `import * as posix from "${MOD}";
    const { AF_INET, AF_UNIX, SOCK_DGRAM, SOCK_STREAM, socket, socketPair } = posix;
    ${LIMIT}
    const listener = socket(AF_INET, SOCK_STREAM);
    listener.bind(loopback);
    listener.listen();
    const name = listener.getSockName();
    const [one, two] = [1, 2].map(() => socket(AF_INET, SOCK_STREAM));
    const [near, far] = socketPair(AF_UNIX, SOCK_DGRAM);
    const control = [{ type: "SCM_RIGHTS", descriptors: [far.fd] }];
    await far.sendMsg({ data: buffer, control });
    const codes = [];
    scarce(true);
    codes.push(await codeOf(() => socket(AF_INET, SOCK_STREAM)));
    codes.push(await codeOf(() => socketPair(AF_UNIX, SOCK_STREAM)));
    // There is nothing yet that a thread could wait by.
    codes.push(await codeOf(() => listener.accept()));
    codes.push(await codeOf(() => near.recv(new Uint8Array(0), { flags: 2 })));
    codes.push(await codeOf(() => one.connect(name)));
    codes.push(await codeOf(() => listener.accept()));
    const { control: none, controlTruncated } = await near.recvMsg(buffer);
    codes.push(none.length, controlTruncated);
    scarce(false);
    codes.push(await codeOf(() => listener.accept()));

    const waiting = [1, 2].map(() => codeOf(() => listener.accept()));
    scarce(true);
    codes.push(await codeOf(() => two.connect(name)));
    codes.push(...await Promise.all(waiting));
    scarce(false);
    const { address } = await listener.accept();
    codes.push(address.port === two.getSockName().port);
    console.log(codes.join(" "));`,
  );
  assertEquals(
    output,
    "EMFILE EMFILE EMFILE done done EMFILE 0 true done done EMFILE EMFILE true\n",
  );
}, "inherit");

posixTest("a server over libc outlives that none is left", async () => {
  const mod = new URL("../../mod.ts", import.meta.url).href;
  const output = await runScript(
    `import { connectTcp, serveTcp } from "${mod}";
    ${LIMIT}
    let refusals = 0;
    const { promise: refused, resolve: onRefused } = Promise.withResolvers();
    const server = await serveTcp({
      ...loopback,
      backend: "posix",
      onError(error) {
        if (error.code === "EMFILE") refusals++;
        if (refusals === 3) onRefused();
      },
    }, async (conn) => conn.writeAll(await conn.readExact(1)));
    const connect = () => connectTcp({ ...server.addr, backend: "posix" });
    const echo = async (conn) => {
      await conn.writeAll(new Uint8Array([7]));
      const [byte] = await conn.readExact(1);
      conn.close();
      return byte;
    };
    const told = [await echo(await connect())];
    const { socket } = await import("${MOD}");
    const late = socket(2, 1);
    scarce(true);
    await late.connect(server.addr);
    await refused;
    scarce(false);
    await late.send(new Uint8Array([8]));
    await late.recv(buffer, { timeout: 20_000 });
    told.push(buffer[0], await echo(await connect()));
    late.close();
    await server.shutdown({ timeout: 1000 });
    console.log(told.join(" "));`,
  );
  assertEquals(output, "7 8 7\n");
}, "inherit");
