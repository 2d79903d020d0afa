/** Looks at a path as often as it can, and says which permissions it has seen. */

// deno-lint-ignore no-explicit-any -- the type of a worker's own scope
const scope = self as any;

scope.onmessage = ({ data: { path, memory } }: MessageEvent) => {
  const [STOP, LOOKS] = [0, 1];
  const shared = new Int32Array(memory);
  const seen = new Set<number>();
  scope.postMessage("looking");
  while (Atomics.load(shared, STOP) === 0) {
    try {
      seen.add(Deno.lstatSync(path).mode! & 0o777);
      Atomics.add(shared, LOOKS, 1);
    } catch {
      // there is none now
    }
  }
  scope.postMessage([...seen].sort());
  scope.close();
};
