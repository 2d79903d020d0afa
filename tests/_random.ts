/**
 * Random numbers that are the same in every run: those of `testing/`.
 *
 * @module
 */
export { Random } from "../testing/_random.ts";
