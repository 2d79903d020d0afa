/** Our permissions and those of Deno's own calls, side by side, under one flag each. */
import { assert, assertEquals } from "@std/assert";
import { posixTest } from "./_setup.ts";

const PROGRAM = new URL("_permission_program.ts", import.meta.url).pathname;

interface Case {
  /** `$` stands for a folder of the test. */
  readonly flags: string;
  /** What is granted and denied in any case, lest two wrong answers agree. */
  readonly granted: readonly string[];
  readonly denied: readonly string[];
}

const RW = "--allow-read=$ --allow-write=$";
const CASES: readonly Case[] = [
  {
    flags: "",
    granted: [],
    denied: ["listen 127.0.0.1 0", "sendTo ::1 9", "bind /a", "connect /a"],
  },
  {
    flags: "--allow-net",
    granted: ["listen :: 0", "bind @berkeley-permission-table"],
    denied: ["bind /a", "connect /a", "sendTo /a", "connectNow /a"],
  },
  {
    flags: "--allow-net --allow-read=$",
    granted: ["listen :: 0"],
    denied: ["bind /a"],
  },
  {
    flags: "--allow-net --allow-write=$",
    granted: ["listen :: 0"],
    denied: ["bind /a"],
  },
  {
    flags: RW,
    granted: [],
    denied: ["bind /a", "connect ./b", "bind @berkeley-permission-table"],
  },
  {
    flags: `--allow-net ${RW}`,
    granted: ["bind /a", "connect /b", "sendTo a", "connectNow ./b"],
    denied: ["bind /proc/self/cwd/a"],
  },
  {
    flags: `--allow-net=unix:$/a ${RW}`,
    granted: ["bind /a", "connect a"],
    denied: ["bind /b", "sendTo ./b", "bind @berkeley-permission-table"],
  },
  {
    flags: `--allow-net=127.0.0.1 ${RW}`,
    granted: ["listen 127.0.0.1 0", "connect ::ffff:127.0.0.1 9"],
    denied: ["bind /a", "listen 0.0.0.0 0", "sendTo 127.0.0.2 9"],
  },
  {
    flags: `--allow-net --deny-net ${RW}`,
    granted: [],
    denied: ["bind /a", "listen 127.0.0.1 0", "sendMsg :: 9"],
  },
  {
    flags: `--allow-net --deny-net=unix:$/a ${RW}`,
    granted: ["bind /b", "bind @berkeley-permission-table"],
    denied: ["bind /a", "connect a", "sendTo /a"],
  },
  {
    flags: `--allow-net --deny-net=127.0.0.1 ${RW}`,
    granted: ["bind /a", "bind @berkeley-permission-table", "connect ::1 9"],
    denied: ["listen ::ffff:7f00:1 0", "sendTo 127.0.0.1 9"],
  },
  {
    flags: "--allow-net --deny-net=[::ffff:127.0.0.1]",
    granted: ["listen ::1 0"],
    denied: ["listen 127.0.0.1 0", "addTo 127.0.0.1 9"],
  },
  {
    flags: "--allow-net --deny-net=127.0.0.1:9",
    granted: ["listen 127.0.0.1 0"],
    denied: ["connect 127.0.0.1 9", "sendTo ::ffff:127.0.0.1 9"],
  },
  {
    flags: "--allow-net --deny-net=[::1]:9",
    granted: ["listen ::1 0", "connect 127.0.0.1 9"],
    denied: ["connect 0:0:0:0:0:0:0:1 9", "bind ::1 9"],
  },
  {
    flags: `--allow-net --allow-read --allow-write --deny-read=$/a`,
    granted: ["bind /b"],
    denied: ["bind /a", "connect a"],
  },
  {
    flags: `--allow-net --allow-read --allow-write --deny-write=$/a`,
    granted: ["bind /b"],
    denied: ["bind /a", "connect a"],
  },
  {
    flags: "--allow-net=127.0.0.1:0",
    granted: ["listen 127.0.0.1 0", "bind ::ffff:7f00:1 0"],
    denied: ["connect 127.0.0.1 9", "listen 0.0.0.0 0"],
  },
  {
    flags: "--allow-net=0.0.0.0,[::]:0",
    granted: ["listen 0.0.0.0 0", "listen :: 0", "sendTo 0.0.0.0 9"],
    denied: ["connect 127.0.0.1 9", "connect :: 9"],
  },
  { flags: "-A", granted: ["bind /proc/self/cwd/a", "bind ::1 9"], denied: [] },
];

/** Where we refuse what Deno does not: this leads to loopback, which is denied. */
const TO_LOOPBACK =
  /^(connect|connectNow|sendTo|sendMsg|addTo) (0\.0\.0\.0|::|::ffff:0\.0\.0\.0) 9$/;

async function rowsFor(flags: string[], folder: string) {
  const args = ["run", "--no-prompt", "--quiet", "--unstable-net", ...flags];
  const ffi = flags.includes("-A") ? [] : ["--allow-ffi"];
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args, ...ffi, PROGRAM, folder],
    cwd: folder,
    env: { NO_COLOR: "1" },
  }).output();
  const output = new TextDecoder().decode(stdout);
  assert(output !== "", new TextDecoder().decode(stderr));
  return JSON.parse(output) as [string, string | null, string][];
}

for (const { flags, granted, denied } of CASES) {
  posixTest(`posix permits what Deno does with "${flags}"`, async () => {
    const folder = await Deno.makeTempDir();
    try {
      const all = flags.replaceAll("$", folder).split(" ").filter(Boolean);
      const rows = await rowsFor(all, folder);
      const isLoopbackDenied = /--deny-net=(127|\[::)/.test(flags);
      for (const [what, deno, ours] of rows) {
        if (isLoopbackDenied && TO_LOOPBACK.test(what)) {
          assertEquals(ours, "denied", what);
        } else if (deno !== null) {
          assertEquals(ours, deno, what);
        }
      }
      const answers = new Map(rows.map(([what, , ours]) => [what, ours]));
      for (const what of granted) {
        assertEquals(answers.get(what), "granted", what);
      }
      for (const what of denied) {
        assertEquals(answers.get(what), "denied", what);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }, "inherit");
}
