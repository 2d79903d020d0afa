/** Options of the methods of `Network` that change the way between hosts. */
export interface DirectionOptions {
  /**
   * Whether only the direction from the first hosts to the second ones changes.
   *
   * @default {false}
   */
  readonly oneWay?: boolean | undefined;
}
