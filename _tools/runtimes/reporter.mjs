/**
 * A reporter of Node's test runner: the failures, what the tests print, and the counts.
 *
 * @module
 */

/** The error as the test threw it; the runner wraps it. */
function text(error) {
  const { cause = error } = error;
  return cause?.stack ?? String(cause);
}

/** The file of a test: the runner only knows where our `Deno.test` is. */
function fileOf(error) {
  return /tests\/[\w/]+_test\.[jt]s(:\d+)?/.exec(text(error))?.[0] ?? "";
}

/** Yields what to print for each event. */
export default async function* report(events) {
  const counts = { pass: 0, fail: 0, skip: 0 };
  for await (const { type, data } of events) {
    // What a file has not caught fails as a test of the file's name.
    if (type === "test:pass" || type === "test:fail") {
      const outcome = data.skip !== undefined ? "skip" : type.slice(5);
      counts[outcome]++;
      if (outcome === "fail") {
        const { error } = data.details;
        yield `\n(fail) ${fileOf(error)} ${data.name}\n${text(error)}\n`;
      }
    } else if (type === "test:stdout") yield data.message;
    else if (type === "test:stderr") yield data.message;
  }
  for (const [name, count] of Object.entries(counts)) {
    yield ` ${count} ${name}\n`;
  }
}
