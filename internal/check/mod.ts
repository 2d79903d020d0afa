/**
 * Checks of arguments, and how their messages show what was passed.
 *
 * Private to the package.
 *
 * - {@linkcode checkInteger}: refuses everything but the integers of a range.
 * - {@linkcode checkNumber}: refuses everything but numbers that are large enough.
 * - {@linkcode checkType}, {@linkcode checkChoice}: refuse other types and values.
 * - {@linkcode lengthOf}, {@linkcode viewFrom}, {@linkcode plainBytes}: what a buffer
 *   truly is, whatever its class says.
 * - {@linkcode refusedBytes}: why a buffer cannot be sent from or received into.
 * - {@linkcode takenAway}: the error of a buffer that was transferred while in use.
 * - {@linkcode encoded}: the bytes of what is sent, bytes or text.
 * - {@linkcode showValue}: how a message shows a value.
 *
 * @module
 */
export * from "./bytes.ts";
export * from "./number.ts";
export * from "./type.ts";
