/**
 * A peer of another hand: Python's socket module, told line by line what to do.
 *
 * @module
 */
import { HAS_POSIX } from "../_posix.ts";
import { hasProgram } from "../_programs.ts";

/** Does each line that it reads, and prints what came of it. */
const LOOP = `
import array, json, os, select, socket, struct, sys
def plain(value):
    if isinstance(value, (bytes, bytearray)): return value.decode("latin-1")
    return repr(value)
for line in sys.stdin:
    try:
        try: value = eval(line)
        except SyntaxError: value = exec(line)
        answer = {"value": value}
    except Exception as error:
        answer = {"error": type(error).__name__}
    print(json.dumps(answer, default=plain), flush=True)
`;

/** A Python process. */
export interface Python extends AsyncDisposable {
  /** Its process. */
  readonly pid: number;
  /**
   * What an expression yields; bytes become text, and an exception its name in
   * brackets: `<BlockingIOError>`. A statement yields null.
   */
  // deno-lint-ignore no-explicit-any -- JSON of Python's
  eval(line: string): Promise<any>;
}

function start(): Python {
  const child = new Deno.Command("python3", {
    args: ["-c", LOOP],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  return {
    pid: child.pid,
    async eval(line) {
      await writer.write(new TextEncoder().encode(`${line}\n`));
      while (!rest.includes("\n")) {
        const { value, done } = await reader.read();
        if (done) throw new Error("Python has ended");
        rest += value;
      }
      const at = rest.indexOf("\n");
      const answer = JSON.parse(rest.slice(0, at));
      rest = rest.slice(at + 1);
      return "error" in answer ? `<${answer.error}>` : answer.value;
    },
    async [Symbol.asyncDispose]() {
      await writer.close().catch(() => {});
      await reader.cancel();
      await child.status;
    },
  };
}

/** A test with Python, skipped where there is none, or no libc. */
export function pythonTest(
  name: string,
  body: (python: Python) => Promise<void>,
): void {
  Deno.test({
    name,
    ignore: !HAS_POSIX || !hasProgram("python3"),
    async fn() {
      await using python = start();
      await body(python);
    },
  });
}
