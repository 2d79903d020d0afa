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

/** Yields what to print for each event. */
export default async function* report(events) {
  const counts = { pass: 0, fail: 0, skip: 0 };
  for await (const { type, data } of events) {
    // What a file has not caught fails as a test of the file's name.
    if (type === "test:pass" || type === "test:fail") {
      const outcome = data.skip !== undefined ? "skip" : type.slice(5);
      counts[outcome]++;
      if (outcome === "fail") {
        yield `\n(fail) ${data.file}: ${data.name}\n${
          text(data.details.error)
        }\n`;
      }
    } else if (type === "test:stdout") yield data.message;
    else if (type === "test:stderr") yield data.message;
  }
  for (const [name, count] of Object.entries(counts)) {
    yield ` ${count} ${name}\n`;
  }
}
