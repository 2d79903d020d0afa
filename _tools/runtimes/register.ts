/**
 * `Deno.test` of the tests on Node and Bun: registers with the runtime's own runner.
 *
 * @module
 */
import { readdirSync, readlinkSync } from "node:fs";
import process from "node:process";
import { type Lack, LACKS } from "./lacks.ts";
import { NotPortable } from "./not_portable.ts";

type Body = () => unknown;

interface Options {
  name: string;
  fn: Body;
  ignore?: boolean;
}

interface Test {
  (name: string, fn: Body): void;
  skip(name: string, fn: Body): void;
}

const IS_BUN = "Bun" in globalThis;

/** How long a test that is known to fail may take: it may hang. */
const PATIENCE_MS = 2_000;

const runner = await import(IS_BUN ? "bun:test" : "node:test");
const test: Test = runner.test;
const after: (fn: Body) => void = runner.afterAll ?? runner.after;

// deno-lint-ignore no-explicit-any -- there are no types of Bun here
const main: string = (globalThis as any).Bun?.main ?? process.argv[1];

/** The names of this runtime. */
const RUNTIME = IS_BUN
  ? ["bun"]
  : ["node", `node${process.versions.node.split(".")[0]}`];

const known = LACKS.filter(({ file, on }) =>
  main.replace(/\.js$/, ".ts").endsWith(`tests/${file}`) &&
  (on === undefined || RUNTIME.includes(on))
);

/** Whether a test has failed as expected, and so may have left something open. */
let hasFailed = false;

/** Runs a test that is known to fail here; fails if it does not. */
async function stillFails(fn: Body, { reason }: Lack): Promise<void> {
  const expired = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => expired.reject(new Error("timeout")),
    PATIENCE_MS,
  );
  try {
    await Promise.race([fn(), expired.promise]);
  } catch {
    console.log(`lack: ${reason}`);
    hasFailed = true;
    return;
  } finally {
    clearTimeout(timer);
  }
  throw new Error(`it passes: remove its row from lacks.ts (${reason})`);
}

/** Runs a test, which may turn out to need Deno. */
async function unlessDenos(name: string, fn: Body): Promise<void> {
  try {
    await fn();
  } catch (error) {
    if (!(error instanceof NotPortable)) throw error;
    console.log(`skip: ${name} ${error.message}`);
  }
}

const afterEach: Body[] = [];

/** As `Deno.test`. Permissions mean nothing here. */
export function register(
  first: string | Options,
  second?: Body | Partial<Options>,
  third?: Body,
): void {
  const options = typeof first === "string" ? { name: first } : first;
  const more = typeof second === "function" ? { fn: second } : second;
  const { name, fn, ignore } = { ...options, ...more } as Options;
  const body = third ?? fn;
  if (ignore) return test.skip(name, () => {});
  const lack = known.find(({ test }) => test.test(name));
  const run = lack
    ? () => stillFails(body, lack)
    : () => unlessDenos(name, body);
  test(name, async () => {
    try {
      await run();
    } finally {
      for (const each of afterEach) await each();
    }
  });
}

/** As `Deno.test.afterEach`. */
export function registerAfterEach(fn: Body): void {
  afterEach.push(fn);
}

/** The sockets that this process has open: Bun does not list its resources. */
function sockets(): string[] {
  if (process.platform !== "linux") return [];
  const folder = "/proc/self/fd/";
  return readdirSync(folder).flatMap((fd) => {
    try {
      const link = readlinkSync(folder + fd);
      return link.startsWith("socket:") ? [link] : [];
    } catch {
      return []; // the one of this very list
    }
  });
}

function resources(): string[] {
  return [...process.getActiveResourcesInfo(), ...sockets()];
}

/** What the runtime's runner has open itself: the pipes to its process. */
const ofRunner = resources();

/** What the tests of a file left open. */
function leaks(): string[] {
  const left = resources();
  for (const own of ofRunner) {
    if (left.includes(own)) left.splice(left.indexOf(own), 1);
  }
  return left;
}

after(async () => {
  // What was closed is released within a few turns.
  for (let turn = 0; turn < 100 && leaks().length > 0; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  const left = leaks();
  if (left.length > 0 && !hasFailed) {
    throw new Error(`left open: ${left.join(", ")}`);
  }
});
