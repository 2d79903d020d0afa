import { assertEquals, assertRejects } from "@std/assert";
import { simulate } from "@berkeley/sockets/testing";

Deno.test("simulate() names the calls that are pending when nothing happens any more", async () => {
  const error = await assertRejects(
    () =>
      simulate(async (network) => {
        const a = network.host("a");
        const b = network.host("b");
        const at = { hostname: "10.0.0.2", port: 80 };
        const listener = await b.listenTcp(at);
        using client = await a.connectTcp(at);
        using server = await listener.accept();
        const socket = await b.bindUdp({ ...at, port: 53 });
        // A call that was cancelled is not pending any more.
        await assertRejects(() => server.readLine({ timeout: 5 }));
        await assertRejects(() => listener.accept({ timeout: 5 }));
        await Promise.all([client.readLine(), socket.receive()]);
      }),
    Error,
  );
  const pending = /pending: (.*?)\. Work/.exec(error.message)![1]!.split("; ");
  assertEquals(pending.map((one) => one.replace(/ since .* ms$/, " since")), [
    'host "a" has no running programs and 1 open socket',
    'host "a": read from 10.0.0.2:80 since',
    'host "b" has no running programs and 3 open sockets',
    'host "b": receive on 10.0.0.2:53 since',
  ]);
});
