/**
 * Inputs that are almost right: they get further into a parser than noise.
 *
 * @module
 */
import type { Random } from "../_random.ts";

/** The text with up to `most` letters taken out, put in or replaced. */
export function mutateText(
  random: Random,
  text: string,
  letters: string,
  most: number,
): string {
  const units = [...text];
  for (let n = random.integer(0, most); n > 0; n--) {
    const at = random.integer(0, units.length);
    const letter = letters[random.integer(0, letters.length - 1)]!;
    random.pick([
      () => units.splice(at, 1),
      () => units.splice(at, 0, letter),
      () => units.splice(at, 1, letter),
    ])();
  }
  return units.join("");
}

/** A copy of the bytes with up to `most` of them changed, and now and then cut short. */
export function mutateBytes(
  random: Random,
  bytes: Uint8Array,
  most: number,
): Uint8Array<ArrayBuffer> {
  const size = random.next() < 0.3
    ? random.integer(0, bytes.length)
    : bytes.length;
  const mutant = bytes.slice(0, size) as Uint8Array<ArrayBuffer>;
  for (let n = random.integer(0, most); n > 0 && size > 0; n--) {
    mutant[random.integer(0, size - 1)] = random.integer(0, 255);
  }
  return mutant;
}

/** The bytes in pieces of random sizes. */
export function chop(
  random: Random,
  bytes: Uint8Array,
  sizes: readonly number[],
): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    chunks.push(bytes.slice(at, at += random.pick(sizes)));
  }
  return chunks;
}
