import { assertEquals } from "@std/assert";
import { docFaults, docsOf, ENTRY_POINTS } from "../../_tools/api_docs.ts";

for (const [entry, path] of ENTRY_POINTS) {
  Deno.test(`the docs of "${entry}" have no faults`, async () => {
    assertEquals(docFaults(await docsOf(path)), []);
  });
}

const FAULTY: [what: string, doc: string, fault: string][] = [
  ["nothing", "Does it.", "f has no example"],
  [
    "no title",
    '@example\n```ts\nimport { f } from "@berkeley/sockets";\nassert(f());\n```',
    "an example of f has no title",
  ],
  [
    "another language",
    "@example It\n```sh\nassert(f());\n```",
    "an example of f is not TypeScript",
  ],
  [
    "no import",
    "@example It\n```ts\nassert(f());\n```",
    "an example of f does not import the package",
  ],
  [
    "no assertion",
    '@example It\n```ts\nimport { f } from "@berkeley/sockets";\nf();\n```',
    "an example of f asserts nothing",
  ],
];

async function faultsOfSource(source: string): Promise<string[]> {
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, source);
    return docFaults(await docsOf(`file://${file}`));
  } finally {
    await Deno.remove(file);
  }
}

for (const [what, doc, fault] of FAULTY) {
  Deno.test(`an example with ${what} is told`, async () => {
    const lines = doc.split("\n").map((line) => ` * ${line}`).join("\n");
    const source = `/**\n${lines}\n */\nexport function f(): boolean {
      return true;
    }`;
    assertEquals(await faultsOfSource(source), [fault]);
  });
}

Deno.test("methods that users call need an example, others do not", async () => {
  const source = `export class C {
    /** A number. */
    get size(): number { return 0; }
    protected help(): void {}
    stop(): void {}
    [Symbol.dispose](): void {}
  }`;
  assertEquals(await faultsOfSource(source), [
    "C has no example",
    "C.stop has no example",
  ]);
});

Deno.test("several symbols and methods share an example that uses them", async () => {
  const source = `/**
 * Reads and writes.
 *
 * @example Both ways
 * \`\`\`ts
 * import { Pipe } from "@berkeley/sockets";
 * const pipe = new Pipe();
 * pipe.write();
 * assert(pipe.read());
 * \`\`\`
 */
export class Pipe {
  /** Reads. See the example of {@linkcode Pipe}. */
  read(): boolean { return true; }
  /** Writes. See the example of {@linkcode Pipe}. */
  write(): void {}
  /** Ends. See the example of {@linkcode Pipe}. */
  end(): void {}
  /** Ends. See the example of {@linkcode Pipe.prototype.end | end}. */
  close(): void {}
}
/** Makes a pipe. See the example of {@linkcode Pipe.prototype.gone | gone}. */
export function pipe(): Pipe { return new Pipe(); }
`;
  assertEquals(await faultsOfSource(source), [
    "the example of Pipe does not show Pipe.end",
    "the example of Pipe.prototype.end does not show Pipe.close",
    "the example of Pipe.prototype.gone does not show pipe",
    "a link of pipe leads nowhere: Pipe.prototype.gone",
  ]);
});

Deno.test("a setting says what it is if left out", async () => {
  const source = `export interface StopOptions {
    /** Milliseconds. */
    after?: number;
    /**
     * Milliseconds.
     *
     * @default {0}
     */
    before?: number;
    /** Where; here, if left out. */
    where?: string;
    /** Needed. */
    who: string;
  }`;
  assertEquals(await faultsOfSource(source), [
    "StopOptions.after does not say what it is if left out",
  ]);
});

Deno.test("a link that leads nowhere is found", async () => {
  const source = `/**
 * Links: {@linkcode Shape}, {@linkcode Shape.size}, {@linkcode shape.gone},
 * {@linkcode Deno.NetAddr}, {@link https://example.com | a page}.
 *
 * @module
 */
/** {@linkcode Square.prototype.grow | Square.grow}, {@link Square.of}. */
export interface Shape {
  /** {@linkcode Square.grow}, {@linkcode Square.prototype.of | of}. */
  size: number;
}
/**
 * @throws {RangeError} If {@linkcode lost} is there.
 */
export abstract class Square {
  /** {@linkcode Square.prototype.side} */
  static of(): void {}
  /** Grows. {@linkcode Square.prototype.hidden | Square.hidden} */
  protected grow(): void {}
  /** The side. */
  side = 1;
  /** @ignore */
  hidden = 2;
}`;
  const faults = await faultsOfSource(source);
  assertEquals(faults.filter((fault) => fault.includes("link")), [
    "a link of the module leads nowhere: shape.gone",
    "a link of Shape.size leads nowhere: Square.grow",
    "a link of Shape.size leads nowhere: Square.prototype.of",
    "a link of Square leads nowhere: lost",
    "a link of Square.grow leads nowhere: Square.prototype.hidden",
  ]);
});

Deno.test("a member that is not for users has @ignore", async () => {
  const source = `/** A thing. */
export abstract class Thing {
  /** Not for users: others make things. */
  constructor() {}
  /** Not for users. */
  protected get core(): number { return 1; }
  /**
   * Not for users.
   *
   * @ignore
   */
  protected help(): void {}
}`;
  const faults = await faultsOfSource(source);
  assertEquals(faults.filter((fault) => fault.includes("@ignore")), [
    "Thing.constructor is not for users, but lacks @ignore",
    "Thing.core is not for users, but lacks @ignore",
  ]);
});
