/** Run by unref_test.ts: prints what happens before the program ends by itself. */
import { bindUdp, connectUdp, type UdpBackend } from "@berkeley/sockets/udp";

const [backend, loopback, scene] = Deno.args as [UdpBackend, string, string];
const socket = await bindUdp({ hostname: loopback, backend });
const other = await bindUdp({ hostname: loopback, backend });
const LONG = { timeout: 15_000 };
const data = new Uint8Array([7]);

function print(name: string): (value: unknown) => void {
  return (value) => console.log(name, value instanceof Error ? value.name : "");
}

/** Sends to the socket later, which does not keep the program alive. */
function sendLater(): void {
  const timer = setTimeout(() => other.sendTo(data, socket.localAddr), 200);
  Deno.unrefTimer(timer);
}

const scenes: Record<string, () => Promise<void> | void> = {
  async idle() {
    await other.sendTo(data, socket.localAddr);
    await socket.receive();
    await connectUdp({ ...socket.localAddr, backend });
  },
  async timedOut() {
    await socket.receive({ timeout: 10 }).catch(print("timed out"));
  },
  async batch() {
    await other.sendTo(data, socket.localAddr);
    await socket.receiveBatch(64);
  },
  receiving() {
    socket.receive().then(print("received"));
    sendLater();
  },
  receivingBeside() {
    socket.receive().then(print("received"));
    socket.receive({ timeout: 10 }).catch(sendLater);
  },
  receivingAgain() {
    socket.receive({ timeout: 10 }).catch(() => {
      socket.receive().then(print("received"));
      sendLater();
    });
  },
  refAgain() {
    socket.unref();
    socket.receive().then(print("received"));
    socket.ref();
    sendLater();
  },
  unref() {
    socket.receive().then(print("received"), print("failed"));
    socket.unref();
  },
  async unrefLater() {
    socket.unref();
    await other.sendTo(data, socket.localAddr);
    await socket.receive();
    socket.receive().then(print("received"), print("failed"));
  },
  unrefTimeout() {
    socket.receive(LONG).then(print("received"), print("failed"));
    socket.unref();
    socket.receive(LONG).then(print("received"), print("failed"));
  },
  async unrefIteration() {
    socket.unref();
    const own = await socket.connect(other.localAddr); // ref and unref go along
    Array.fromAsync(own).then(print("ended"));
    own.receive(LONG).then(print("received"), print("failed"));
  },
  async unrefExchange() {
    const client = await connectUdp({ ...other.localAddr, backend });
    client.unref();
    client.exchange(data, { timeout: 15_000 }).catch(print("failed"));
  },
  async unrefRefused() {
    const gone = await bindUdp({ hostname: loopback, backend });
    await gone[Symbol.asyncDispose]();
    const client = await connectUdp({ ...gone.localAddr, backend });
    client.unref();
    client.exchange(data, { timeout: 15_000 }).catch(print("failed"));
    await new Promise((resolve) => setTimeout(resolve, 50)); // it was refused
  },
};
await scenes[scene!]!();
console.log("end of", scene);
