import { checkInteger, showValue } from "../internal/check/mod.ts";
import type { DatagramChoice, DatagramFaults } from "./datagram_faults.ts";

type Choose = (index: number, data: Uint8Array) => boolean;

/** Returns a function for a choice, which was read once and checked. */
function chooser(name: string, choice: DatagramChoice = []): Choose {
  if (typeof choice === "function") return choice;
  if (!Array.isArray(choice)) {
    throw new TypeError(
      `Cannot use ${name} ${
        showValue(choice)
      }: it must be an array of integers or a function`,
    );
  }
  const indexes = new Set<number>();
  for (const index of choice) indexes.add(checkInteger(name, index, 0));
  return (index) => indexes.has(index);
}

/** One direction of a pair: what happens to each datagram on its way. */
export class DatagramLink {
  /** How many datagrams were sent. */
  sent = 0;
  /** How many of them were lost. */
  lost = 0;
  /** Called with each datagram that arrives. */
  onArrived: (data: Uint8Array) => void = () => {};
  readonly #drop: Choose;
  readonly #duplicate: Choose;
  readonly #reorder: Choose;
  /** Datagrams that are late, each with how many of it arrive. */
  #late: { readonly data: Uint8Array; readonly copies: number }[] = [];

  constructor({ drop, duplicate, reorder }: DatagramFaults = {}) {
    this.#drop = chooser("drop", drop);
    this.#duplicate = chooser("duplicate", duplicate);
    this.#reorder = chooser("reorder", reorder);
  }

  /** Moves a datagram, whose bytes do not change any more. */
  send(data: Uint8Array): void {
    const index = this.sent++;
    if (this.#drop(index, data)) {
      this.lost++;
      return;
    }
    const copies = this.#duplicate(index, data) ? 2 : 1;
    if (this.#reorder(index, data)) {
      this.#late.push({ data, copies });
      return;
    }
    this.#arrive(data, copies);
    this.release();
  }

  #arrive(data: Uint8Array, copies: number): void {
    for (let copy = 0; copy < copies; copy++) this.onArrived(data);
  }

  /** Lets late datagrams arrive. */
  release(): void {
    const late = this.#late;
    this.#late = [];
    for (const { data, copies } of late) this.#arrive(data, copies);
  }
}
