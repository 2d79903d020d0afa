import type { Addr } from "../address/mod.ts";
import type { StreamFeature, StreamTransport } from "./_transport.ts";
import type { DenoConn } from "./deno_conn.ts";

/**
 * A connection over any `Deno.Conn`: one of the runtime's, which is the fastest
 * transport, or one that another library made.
 */
export class ConnTransport<
  A extends Addr = Addr,
  C extends DenoConn<A> = DenoConn<A>,
> implements StreamTransport<A> {
  readonly backend: "deno" = "deno" as const;
  /** The runtime's connection. */
  protected readonly conn: C;
  #isRef = true;
  #isReadHeld = true;

  constructor(conn: C) {
    this.conn = conn;
  }

  get lacks(): ReadonlySet<StreamFeature> {
    return lacksOf(this.conn);
  }

  get localAddr(): A {
    return this.conn.localAddr;
  }

  get remoteAddr(): A {
    return this.conn.remoteAddr;
  }

  read(buffer: Uint8Array): Promise<number | null> {
    return this.conn.read(buffer);
  }

  write(bytes: Uint8Array): Promise<number> {
    return this.conn.write(bytes);
  }

  closeWrite(): Promise<void> {
    return this.conn.closeWrite();
  }

  close(): void {
    this.conn.close();
  }

  ref(): void {
    this.#isRef = true;
    this.#hold();
  }

  unref(): void {
    this.#isRef = false;
    this.#hold();
  }

  holdRead(isHeld: boolean): void {
    this.#isReadHeld = isHeld;
    this.#hold();
  }

  /** For the runtime, `ref` and `unref` are about reads only. */
  #hold(): void {
    if (this.#isRef && this.#isReadHeld) this.conn.ref?.();
    else this.conn.unref?.();
  }

  detach(): C {
    if (this.#isRef) this.conn.ref?.();
    return this.conn;
  }
}

/** Returns the features that a connection lacks, such as one of another library. */
function lacksOf(conn: Partial<DenoConn>): ReadonlySet<StreamFeature> {
  const lacks = new Set<StreamFeature>();
  if (typeof conn.closeWrite !== "function") lacks.add("closeWrite");
  if (typeof conn.unref !== "function") lacks.add("ref");
  return lacks;
}
