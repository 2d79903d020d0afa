import { assertEquals } from "@std/assert";
import { docFaults, docsOf, ENTRY_POINTS } from "../../_tools/api_docs.ts";

for (const [entry, path] of ENTRY_POINTS) {
  Deno.test(`all that "${entry}" offers has an example that asserts`, async () => {
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
    /** Not for users. */
    start(): void {}
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
