/**
 * Which names may be looked up at all: RFC 1035 lengths, RFC 952/1123
 * characters (and the underscore), RFC 6761 special names.
 */

/** The longest name in text, without the final dot: RFC 1035 section 2.3.4. */
const MAX_NAME = 253;
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,62})$/;
const PLAIN = /^[a-z0-9_.-]+$/;

/**
 * The name in lower case, internationalized labels in their ASCII form and a
 * final dot kept, or undefined for what cannot be the name of a host: bad
 * lengths or characters, and what looks like a number (`127.1`, `0x7f.1`),
 * which libraries guess differently at.
 */
export function hostNameOf(text: string): string | undefined {
  let name = text.toLowerCase();
  if (!PLAIN.test(name)) {
    const ascii = toAscii(text);
    if (ascii === undefined) return undefined;
    name = ascii;
  }
  const absolute = name.endsWith(".");
  const relative = absolute ? name.slice(0, -1) : name;
  if (relative.length > MAX_NAME || relative === "") return undefined;
  const labels = relative.split(".");
  if (!labels.every((label) => LABEL.test(label))) return undefined;
  // The rule of browsers: a name whose last label is a number is an address.
  if (/^(?:\d+|0x[0-9a-f]*)$/.test(labels[labels.length - 1]!)) {
    return undefined;
  }
  return name;
}

/** What a name is without a look-up: RFC 6761 section 6, RFC 7686. */
export function specialName(name: string): "localhost" | "never" | undefined {
  const last = name.endsWith(".") ? -1 : undefined;
  const tld = name.slice(
    name.lastIndexOf(".", last === -1 ? name.length - 2 : undefined) + 1,
    last,
  );
  if (tld === "localhost") return "localhost";
  return tld === "invalid" || tld === "onion" ? "never" : undefined;
}

/** RFC 5891 and UTS 46, by the URL parser, which is kept off all ASCII text. */
function toAscii(text: string): string | undefined {
  // deno-lint-ignore no-control-regex -- control characters are what to refuse
  if (/[\x00-\x7f]/.test(text.replace(/[a-zA-Z0-9_.-]/g, ""))) return undefined;
  try {
    const name = new URL(`http://${text}`).hostname;
    return PLAIN.test(name) ? name : undefined;
  } catch {
    return undefined;
  }
}
