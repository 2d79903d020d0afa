/** Run by timers_test.ts: prints which of its timers fire before it ends. */
import { Timers } from "../../../internal/wait/mod.ts";

const isRef = Deno.args[0] === "ref";
// On a busy machine the program takes its time to end.
const delay = isRef ? 50 : 20_000;
const timers = new Timers();
timers.start(() => console.log("started while ref"), delay);
timers.unref();
timers.start(() => console.log("started while unref"), delay);
if (isRef) timers.ref();
