/** An event that is to happen. */
export interface Scheduled {
  /** Takes the event back; does nothing if it has happened. */
  cancel(): void;
}

/**
 * What happens in an event. It returns false if it has woken no program: then the next
 * event may follow at once. Else the programs run first, until all of them wait.
 */
export type Happening = () => boolean | void;

/** An event in the heap. */
class Entry implements Scheduled {
  readonly time: number;
  /** Its place among the events of the same time. */
  readonly order: number;
  run: Happening | undefined;
  readonly #onCancel: () => void;

  constructor(
    time: number,
    order: number,
    run: Happening,
    onCancel: () => void,
  ) {
    this.time = time;
    this.order = order;
    this.run = run;
    this.#onCancel = onCancel;
  }

  cancel(): void {
    if (this.run === undefined) return;
    this.run = undefined;
    this.#onCancel();
  }
}

/** How many children an event has in the heap: four, which makes it flat. */
const LOG_CHILDREN = 2;

/**
 * Virtual time, and what is to happen in it. Events of the same time happen in the
 * order in which they were scheduled. Nothing happens by itself: the driver calls
 * {@linkcode Scheduler.prototype.step | step}.
 */
export class Scheduler {
  /** A heap, the next event first. */
  #heap: Entry[] = [];
  /** The times of its events, which are beside each other in memory. */
  #times: number[] = [];
  #now = 0;
  #order = 0;
  #cancelled = 0;

  /** Milliseconds since the simulation began. */
  get now(): number {
    return this.#now;
  }

  /** How many events are to happen. */
  get size(): number {
    return this.#heap.length - this.#cancelled;
  }

  /** When the next event happens; undefined if there is none. */
  get next(): number | undefined {
    return this.#first()?.time;
  }

  /** Schedules an event in so many milliseconds, 0 or more. */
  after(delay: number, run: Happening): Scheduled {
    return this.at(this.#now + Math.max(0, delay), run);
  }

  /**
   * Schedules an event at a time that has not passed. The difference of two times is
   * rounded, so `after()` could swap events that are to happen at one time.
   */
  at(time: number, run: Happening): Scheduled {
    const entry = new Entry(time, this.#order++, run, this.#onCancel);
    this.#push(entry);
    return entry;
  }

  /** Moves the time to the next event, and lets it happen; returns what it returns. */
  step(): boolean | void {
    const entry = this.#first();
    if (entry === undefined) return false;
    this.#pop();
    this.#now = entry.time;
    const { run } = entry;
    entry.run = undefined;
    return run!();
  }

  /** Drops all events. */
  clear(): void {
    for (const entry of this.#heap) entry.run = undefined;
    this.#heap = [];
    this.#times = [];
    this.#cancelled = 0;
  }

  /** Cancelled events stay in the heap until they are most of it. */
  readonly #onCancel = () => {
    this.#cancelled++;
    if (this.#cancelled < 64 || this.#cancelled * 2 < this.#heap.length) return;
    const kept = this.#heap.filter(({ run }) => run !== undefined);
    kept.sort((a, b) => a.time - b.time || a.order - b.order);
    this.#heap = kept; // sorted, it is a heap
    this.#times = kept.map(({ time }) => time);
    this.#cancelled = 0;
  };

  #first(): Entry | undefined {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || first.run !== undefined) return first;
      this.#pop();
      this.#cancelled--;
    }
  }

  /** Adds an event, which comes after those of the same time. */
  #push(entry: Entry): void {
    const [heap, times, { time }] = [this.#heap, this.#times, entry];
    let at = heap.length;
    heap.push(entry);
    times.push(time);
    while (at > 0) {
      const parent = (at - 1) >> LOG_CHILDREN;
      if (times[parent]! <= time) break;
      heap[at] = heap[parent]!;
      times[at] = times[parent]!;
      at = parent;
    }
    heap[at] = entry;
    times[at] = time;
  }

  /** Whether an event of the heap happens before another one. */
  #isBefore(at: number, time: number, order: number): boolean {
    const other = this.#times[at]!;
    return other < time || other === time && this.#heap[at]!.order < order;
  }

  /** The first of the children from a place on. */
  #firstChild(from: number): number {
    const end = Math.min(from + (1 << LOG_CHILDREN), this.#heap.length);
    let first = from;
    for (let at = from + 1; at < end; at++) {
      const order = this.#heap[first]!.order;
      if (this.#isBefore(at, this.#times[first]!, order)) first = at;
    }
    return first;
  }

  /** Removes the next event. */
  #pop(): void {
    const [heap, times] = [this.#heap, this.#times];
    const last = heap.pop()!;
    times.pop();
    if (heap.length === 0) return;
    const { time, order } = last;
    let at = 0;
    for (;;) {
      const from = (at << LOG_CHILDREN) + 1;
      if (from >= heap.length) break;
      const child = this.#firstChild(from);
      if (!this.#isBefore(child, time, order)) break;
      heap[at] = heap[child]!;
      times[at] = times[child]!;
      at = child;
    }
    heap[at] = last;
    times[at] = time;
  }
}
