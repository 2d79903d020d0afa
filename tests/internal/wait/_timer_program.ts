/** Run by timers_test.ts: prints which of its timers fire before it ends. */
import { Timers } from "../../../internal/wait/mod.ts";

const timers = new Timers();
timers.start(() => console.log("started while ref"), 50);
timers.unref();
timers.start(() => console.log("started while unref"), 50);
if (Deno.args[0] === "ref") timers.ref();
