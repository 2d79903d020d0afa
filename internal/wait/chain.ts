/** An entry of a chain. */
export interface Link<E> {
  previous: E | undefined;
  next: E | undefined;
}

/** A doubly linked list: removing an entry costs the same at any place. */
export class Chain<E extends Link<E>> {
  /** The entry that was added first. */
  first: E | undefined = undefined;
  /** The entry that was added last. */
  last: E | undefined = undefined;

  /** Adds an entry at the end. */
  push(entry: E): void {
    const { last } = this;
    entry.previous = last;
    if (last === undefined) this.first = entry;
    else last.next = entry;
    this.last = entry;
  }

  /** Removes an entry of this chain. */
  remove({ previous, next }: E): void {
    if (previous === undefined) this.first = next;
    else previous.next = next;
    if (next === undefined) this.last = previous;
    else next.previous = previous;
  }
}
